// How a gateway is reached.

#ifndef EXAMPLES_HOST_DASHBOARD_GATEWAY_CHANNEL_H_
#define EXAMPLES_HOST_DASHBOARD_GATEWAY_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <memory>

namespace host_dashboard {

struct PublisherOptions;

// A channel of its own for each stream: a shared one would add its own reconnect backoff (up to 2
// min) to ours.
std::shared_ptr<grpc::Channel> NewChannel(const PublisherOptions& options);

// Shows the token, where there is one.
void AddToken(const PublisherOptions& options, grpc::ClientContext& context);

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_GATEWAY_CHANNEL_H_
