#ifndef SSEGW_GATEWAY_CONFIG_AUTH_OPTIONS_H_
#define SSEGW_GATEWAY_CONFIG_AUTH_OPTIONS_H_

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/option.h"

namespace ssegw::config {

// The rows of the table of options that say who may subscribe.
std::vector<Option> Subscribers();

// The rows of the table of options that say who may publish.
std::vector<Option> Publishers();

// What flags of subscribers lack of one another; each begins with the flag.
std::vector<std::string> FaultsOfSubscribers(const Config& config);
// The same of publishers.
std::vector<std::string> FaultsOfPublishers(const Config& config);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_AUTH_OPTIONS_H_
