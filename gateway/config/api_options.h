#ifndef SSEGW_GATEWAY_CONFIG_API_OPTIONS_H_
#define SSEGW_GATEWAY_CONFIG_API_OPTIONS_H_

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/option.h"

namespace ssegw::config {

// The options of the HTTP API's port.
std::vector<Option> ApiPort();

// What is wrong with them together.
std::vector<std::string> FaultsOfApi(const Config& config);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_API_OPTIONS_H_
