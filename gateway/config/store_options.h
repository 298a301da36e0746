#ifndef SSEGW_GATEWAY_CONFIG_STORE_OPTIONS_H_
#define SSEGW_GATEWAY_CONFIG_STORE_OPTIONS_H_

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/option.h"

namespace ssegw::config {

// The row of the table of options that says where the log is: --store.
Option PlaceOfStore();

// The rows about a log outside the process.
std::vector<Option> SharedLog();

// What flags of the store lack of one another; each begins with the flag.
std::vector<std::string> FaultsOfStore(const Config& config);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_STORE_OPTIONS_H_
