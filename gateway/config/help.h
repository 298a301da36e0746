#ifndef SSEGW_GATEWAY_CONFIG_HELP_H_
#define SSEGW_GATEWAY_CONFIG_HELP_H_

#include <string>

namespace ssegw::config {

// What --help prints: every option with its default, range, meaning and environment variable.
std::string HelpText();

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_HELP_H_
