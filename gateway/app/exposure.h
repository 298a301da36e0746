#ifndef SSEGW_GATEWAY_APP_EXPOSURE_H_
#define SSEGW_GATEWAY_APP_EXPOSURE_H_

#include <optional>
#include <string>

#include "gateway/config/config.h"

namespace ssegw::app {

// Who can reach what, in the words of one log line.
struct Exposure {
  // Those that other machines can reach without a token, by comma: "http,grpc,admin"; or "none".
  std::string listeners;
  // Whose pages may read, through the browsers of this network: "any" or "listed".
  std::string origins;
  // For which hosts http_listen answers: "any", "listed" or "loopback".
  std::string hosts;
};

// nullopt if nothing is open to others than those that the configuration names.
std::optional<Exposure> ExposureOf(const config::Config& config);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_EXPOSURE_H_
