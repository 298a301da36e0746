#ifndef SSEGW_GATEWAY_CONFIG_OPTIONS_H_
#define SSEGW_GATEWAY_CONFIG_OPTIONS_H_

#include <string_view>
#include <vector>

#include "gateway/config/option.h"

namespace ssegw::config {

// In the order of the documentation.
const std::vector<Option>& Options();

// nullptr if there is none of that name.
const Option* FindOption(std::string_view name);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_OPTIONS_H_
