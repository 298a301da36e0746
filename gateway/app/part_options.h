#ifndef SSEGW_GATEWAY_APP_PART_OPTIONS_H_
#define SSEGW_GATEWAY_APP_PART_OPTIONS_H_

#include "gateway/api/api_service.h"
#include "gateway/api/publish_calls.h"
#include "gateway/app/budget.h"
#include "gateway/config/config.h"
#include "gateway/http/host_policy.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/grpc_server.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard_thread.h"
#include "internal/store/memory_store.h"
#include "internal/window/window.h"

namespace ssegw::app {

// What each part is told: the configuration in the part's own terms, within the budget.

window::WindowLimits WindowLimitsOf(const config::Config& config, const Budget& budget);
store::MemoryStoreOptions StoreOptionsOf(const config::Config& config, const Budget& budget);
http::PublicServiceOptions PublicServiceOptionsOf(const config::Config& config,
                                                  const Budget& budget);
// Without FindSchemas.
ingest::GrpcServerOptions GrpcServerOptionsOf(const config::Config& config, const Budget& budget);
api::PublishOptions PublishOptionsOf(const config::Config& config, const Budget& budget);

// These can change at run time.
net::ConnectionOptions ConnectionOptionsOf(const config::Config& config, const Budget& budget);
// Of the API's port, whose requests have bodies.
net::ConnectionOptions ApiConnectionOptionsOf(const config::Config& config, const Budget& budget);
api::ApiPolicy ApiPolicyOf(const config::Config& config);
net::AdmissionLimits AdmissionLimitsOf(const config::Config& config, const Budget& budget);
http::PublicPolicy PublicPolicyOf(const config::Config& config);
http::HostPolicy AdminHostsOf(const config::Config& config);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_PART_OPTIONS_H_
