#ifndef SSEGW_GATEWAY_CONFIG_VERSION_H_
#define SSEGW_GATEWAY_CONFIG_VERSION_H_

#include <string_view>

namespace ssegw::config {

// Of this build: "0.1.0".
std::string_view Version();

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_VERSION_H_
