#ifndef SSEGW_GATEWAY_CONNECTIONS_CONNECTION_NEWS_H_
#define SSEGW_GATEWAY_CONNECTIONS_CONNECTION_NEWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/connections/demand.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/connections/shared_demand.h"
#include "gateway/connections/shared_lifecycle.h"
#include "internal/base/time.h"
#include "internal/net/shard/connection_observer.h"

namespace ssegw::connections {

// Tells the lifecycle and the demand of this gateway's connections, and with them the gateways that
// share its log.
//
// Thread:   every shard's, at the same time.
// Lifetime: its parts outlive it, and it the shards' connections.
// Cost:     of a connection that opens or closes: one lock and one look-up; once somebody watches
//           connections, a description of it and one more lock.
class ConnectionNews final : public net::ConnectionListener {
 public:
  // replica: what ids of connections begin with. shared_…: nullptr: the log is shared with nobody.
  ConnectionNews(std::string replica, Lifecycle& lifecycle, Demand& demand,
                 SharedLifecycle* shared_lifecycle, SharedDemand* shared_demand)
      : replica_(std::move(replica)),
        lifecycle_(lifecycle),
        demand_(demand),
        shared_lifecycle_(shared_lifecycle),
        shared_demand_(shared_demand) {}

  void OnOpened(const net::Connection& connection, std::string_view last_event_id,
                base::TimePoint now) override;
  void OnClosed(const net::Connection& connection, net::CloseReason reason,
                base::TimePoint now) override;

 private:
  void Change(const net::Connection& connection, int64_t by);

  const std::string replica_;
  Lifecycle& lifecycle_;
  Demand& demand_;
  SharedLifecycle* const shared_lifecycle_;
  SharedDemand* const shared_demand_;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_CONNECTION_NEWS_H_
