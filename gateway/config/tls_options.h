#ifndef SSEGW_GATEWAY_CONFIG_TLS_OPTIONS_H_
#define SSEGW_GATEWAY_CONFIG_TLS_OPTIONS_H_

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/option.h"

namespace ssegw::config {

// The rows of the table of options that say how the listeners speak TLS.
std::vector<Option> TlsOfListeners();

// What flags of TLS lack of one another; each begins with the flag.
std::vector<std::string> FaultsOfTls(const Config& config);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_TLS_OPTIONS_H_
