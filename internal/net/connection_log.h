#ifndef SSEGW_INTERNAL_NET_CONNECTION_LOG_H_
#define SSEGW_INTERNAL_NET_CONNECTION_LOG_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "internal/base/time.h"
#include "internal/net/net_stats.h"

namespace ssegw::net {

// The lines about event streams and requests. A peer can trigger each of them, so of each message
// and reason at most kLogLinesPerSecond are written, by the whole process. The others are counted,
// and told by the next one of the same, or by LogSuppressed: the lines and what they say was
// suppressed are together as many as happened.
//
// Whatever a peer has written may stand in them: it is quoted as the log does it, and cut short.
//
// Thread: any.
inline constexpr int kLogLinesPerSecond = 10;

// What the lines of one stream have in common.
struct StreamOfLog {
  std::string_view connection = {};  // X-Connection-Id
  std::string_view request = {};     // the X-Request-Id that it came with; empty: none
  std::string_view address = {};
  std::string_view topics = {};  // filters, by spaces
  std::string_view mode = {};
};

struct StreamTotals {
  base::Duration duration{0};
  uint64_t frames = 0;
  uint64_t bytes = 0;
  // How far behind it was at its end.
  uint64_t lag_events = 0;
  base::Duration lag{0};
};

// Why and to whom a request is refused.
struct RefusalOfLog {
  std::string_view request = {};  // the X-Request-Id of the answer
  int status = 0;
  std::string_view error = {};
  // Empty for what never became a request.
  std::string_view method = {};
  std::string_view path = {};
  std::string_view address = {};
};

void LogOpened(const StreamOfLog& stream, std::string_view last_event_id);
void LogClosed(const StreamOfLog& stream, CloseReason reason, const StreamTotals& totals);
void LogShed(const StreamOfLog& stream, ShedReason reason, std::chrono::milliseconds retry);
void LogRefused(const RefusalOfLog& refusal);

// Tells what was suppressed where no later line has. To be called about once a second, and at the
// end with TimePoint::max().
void LogSuppressed(base::TimePoint now);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_CONNECTION_LOG_H_
