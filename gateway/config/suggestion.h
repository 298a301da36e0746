#ifndef SSEGW_GATEWAY_CONFIG_SUGGESTION_H_
#define SSEGW_GATEWAY_CONFIG_SUGGESTION_H_

#include <string>
#include <string_view>

namespace ssegw::config {

// The name of the option that name was probably meant to be; empty: it is not near to any.
std::string NearestOptionName(std::string_view name);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_SUGGESTION_H_
