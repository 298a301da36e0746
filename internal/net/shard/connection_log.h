#ifndef SSEGW_INTERNAL_NET_SHARD_CONNECTION_LOG_H_
#define SSEGW_INTERNAL_NET_SHARD_CONNECTION_LOG_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "internal/base/time.h"
#include "internal/net/shard/net_stats.h"

namespace ssegw::net {

// The lines about connections and requests. A peer can trigger each of them, so the whole process
// writes at most kLogLinesPerSecond lines of each message and reason. It counts the others, and the
// next line of the same kind, or LogSuppressed, says how many there were: lines and suppressed ones
// add up to what happened.
//
// A line may hold whatever a peer has written: the log quotes it and cuts it short.
//
// Thread: any.
inline constexpr int kLogLinesPerSecond = 10;

// What the lines of one connection have in common.
struct ConnectionFields {
  std::string_view id = {};       // X-Connection-Id
  std::string_view request = {};  // X-Request-Id of its request; empty: none
  std::string_view address = {};
  std::string_view identity = {};  // who its client is; empty: nobody has said
  std::string_view topics = {};    // filters, separated by spaces
  std::string_view mode = {};
  std::string_view user_agent = {};  // not logged
};

struct ConnectionTotals {
  base::Duration duration{0};
  uint64_t frames = 0;
  uint64_t bytes = 0;
  // How far behind the connection was at its end.
  uint64_t lag_events = 0;
  base::Duration lag{0};
};

// Why and to whom a request is refused.
struct RefusalFields {
  std::string_view request = {};  // the X-Request-Id of the answer
  int status = 0;
  std::string_view error = {};
  // Empty for what never became a request.
  std::string_view method = {};
  std::string_view path = {};
  std::string_view address = {};
  std::string_view identity = {};  // empty: nobody has said
};

void LogOpened(const ConnectionFields& connection, std::string_view last_event_id);
void LogClosed(const ConnectionFields& connection, CloseReason reason,
               const ConnectionTotals& totals);
void LogShed(const ConnectionFields& connection, ShedReason reason,
             std::chrono::milliseconds retry);
void LogRefused(const RefusalFields& refusal);
// reason: OpenSSL's words, or ours.
void LogHandshakeFailed(std::string_view address, std::string_view reason);

// Logs what was suppressed and no later line has told. Call it about once a second, and at the end
// with TimePoint::max().
void LogSuppressed(base::TimePoint now);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_CONNECTION_LOG_H_
