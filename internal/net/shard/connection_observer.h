#ifndef SSEGW_INTERNAL_NET_SHARD_CONNECTION_OBSERVER_H_
#define SSEGW_INTERNAL_NET_SHARD_CONNECTION_OBSERVER_H_

#include <chrono>
#include <string_view>

#include "internal/base/time.h"
#include "internal/net/shard/connection_log.h"
#include "internal/net/shard/net_stats.h"

namespace ssegw::net {

class Connection;

// Hears of connections that open and close. Every OnOpened is followed by one OnClosed; in both the
// connection is open.
//
// Thread: every shard's, at the same time. It must not block, nor change the connection.
class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  // last_event_id: as the client sent it; empty: none.
  virtual void OnOpened(const Connection& connection, std::string_view last_event_id,
                        base::TimePoint now) = 0;
  virtual void OnClosed(const Connection& connection, CloseReason reason, base::TimePoint now) = 0;
};

// The one place that hears of every connection that opens, closes or is shed: it counts them,
// writes their lines, and tells the listener.
//
// Thread:   the shard's.
// Lifetime: the stats and the listener outlive it.
class ConnectionObserver {
 public:
  explicit ConnectionObserver(NetStats& stats) : stats_(stats) {}

  // Before the first connection.
  void SetListener(ConnectionListener* listener) { listener_ = listener; }

  void OnOpened(const Connection& connection, const ConnectionFields& fields,
                std::string_view last_event_id, base::TimePoint now) {
    stats_.connections.Add();
    stats_.opened.Add();
    LogOpened(fields, last_event_id);
    if (listener_ != nullptr) listener_->OnOpened(connection, last_event_id, now);
  }
  void OnClosed(const Connection& connection, const ConnectionFields& fields, CloseReason reason,
                const ConnectionTotals& totals, base::TimePoint now) {
    stats_.connections.Sub();
    stats_.closed[reason].Add();
    LogClosed(fields, reason, totals);
    if (listener_ != nullptr) listener_->OnClosed(connection, reason, now);
  }
  void OnShed(const ConnectionFields& connection, ShedReason reason,
              std::chrono::milliseconds retry) {
    stats_.shed[reason].Add();
    LogShed(connection, reason, retry);
  }

 private:
  NetStats& stats_;
  ConnectionListener* listener_ = nullptr;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_CONNECTION_OBSERVER_H_
