// How a gateway is reached.

#ifndef EXAMPLES_HOST_DASHBOARD_GATEWAY_CHANNEL_H_
#define EXAMPLES_HOST_DASHBOARD_GATEWAY_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>

namespace host_dashboard {

struct PublisherOptions;

// The channel to one gateway, for all calls that are made there: one socket and one handshake.
//
// A channel that cannot connect is not waited for: its own backoff (up to 2 min) would come on top
// of that of the calls. It goes when the last call that has it is over; the next one gets another.
//
// Thread: any.
class SharedChannel {
 public:
  // Certificates are read again for each new channel.
  std::shared_ptr<grpc::Channel> Get(const PublisherOptions& options);

 private:
  std::mutex mutex_;
  std::weak_ptr<grpc::Channel> channel_;  // guarded by mutex_
};

// That of options.channel, or one for this call alone.
std::shared_ptr<grpc::Channel> ChannelFor(const PublisherOptions& options);

// Shows the token, where there is one.
void AddToken(const PublisherOptions& options, grpc::ClientContext& context);

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_GATEWAY_CHANNEL_H_
