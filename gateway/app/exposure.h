#ifndef SSEGW_GATEWAY_APP_EXPOSURE_H_
#define SSEGW_GATEWAY_APP_EXPOSURE_H_

#include <optional>
#include <string>

#include "gateway/config/config.h"

namespace ssegw::app {

// What is open to whom, in the words of one log line.
struct Exposure {
  // Those that are reached from other machines, by comma: "http,grpc,admin"; "none".
  std::string listeners;
  // Whose pages may read, through the browsers of this network: "any" or "listed".
  std::string origins;
  // For which hosts http_listen answers: "any", "listed" or "loopback".
  std::string hosts;
};

// nullopt: nothing is open to anybody who was not named.
std::optional<Exposure> ExposureOf(const config::Config& config);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_EXPOSURE_H_
