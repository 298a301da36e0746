#ifndef SSEGW_INTERNAL_NET_SHARD_CONNECTION_OBSERVER_H_
#define SSEGW_INTERNAL_NET_SHARD_CONNECTION_OBSERVER_H_

#include <chrono>
#include <string_view>

#include "internal/net/shard/connection_log.h"
#include "internal/net/shard/net_stats.h"

namespace ssegw::net {

// The one place that hears of every connection that opens, closes or is shed: it counts them and
// writes their lines. Every OnOpened is followed by one OnClosed.
//
// Thread:   the shard's.
// Lifetime: the stats outlive it.
class ConnectionObserver {
 public:
  explicit ConnectionObserver(NetStats& stats) : stats_(stats) {}

  void OnOpened(const ConnectionFields& connection, std::string_view last_event_id) {
    stats_.connections.Add();
    stats_.opened.Add();
    LogOpened(connection, last_event_id);
  }
  void OnClosed(const ConnectionFields& connection, CloseReason reason,
                const ConnectionTotals& totals) {
    stats_.connections.Sub();
    stats_.closed[reason].Add();
    LogClosed(connection, reason, totals);
  }
  void OnShed(const ConnectionFields& connection, ShedReason reason,
              std::chrono::milliseconds retry) {
    stats_.shed[reason].Add();
    LogShed(connection, reason, retry);
  }

 private:
  NetStats& stats_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_CONNECTION_OBSERVER_H_
