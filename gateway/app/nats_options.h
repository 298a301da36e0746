#ifndef SSEGW_GATEWAY_APP_NATS_OPTIONS_H_
#define SSEGW_GATEWAY_APP_NATS_OPTIONS_H_

#include "gateway/config/config.h"
#include "internal/nats/libnats_link.h"

namespace ssegw::app {

// How to reach the servers of a store that is shared.
nats::DialOptions DialOptionsOf(const config::Config& config);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_NATS_OPTIONS_H_
