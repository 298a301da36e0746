#ifndef SSEGW_INTERNAL_NET_STREAM_CONNECTION_INFO_H_
#define SSEGW_INTERNAL_NET_STREAM_CONNECTION_INFO_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "internal/fanout/lag.h"
#include "internal/fanout/subscription.h"
#include "internal/fanout/subscription_request.h"
#include "internal/net/transport/tcp_info.h"

namespace ssegw::net {

// How slow a connection is.
struct ConnectionRank {
  fanout::Lag lag;
  base::Duration stalled{0};  // for how long its socket has taken nothing of what waits for it
  base::Duration age{0};      // since it began

  // Slower is: further behind in time, then in events; then stalled for longer; then open for
  // longer.
  bool SlowerThan(const ConnectionRank& other) const;
};

// One connection at one moment.
struct ConnectionInfo {
  // More filters than these are only counted, so that the size of an answer is bounded.
  static constexpr size_t kMaxFilters = 64;

  std::string id;             // as in X-Connection-Id
  std::string address;        // without port; behind trusted proxies that of the browser
  std::string identity = {};  // who its client is; empty: nobody has said
  // What its client calls itself: UTF-8, at most HttpStream::kMaxUserAgentBytes.
  std::string user_agent = {};
  std::vector<std::string> filters;
  size_t filter_count = 0;
  fanout::Mode mode = fanout::Mode::kLatest;
  base::Duration min_interval{0};  // zero: none
  fanout::Progress progress = fanout::Progress::kLive;
  ConnectionRank rank;
  uint64_t frames_delivered = 0;
  uint64_t bytes_sent = 0;
  base::WallTime opened_at = {};
  // nullopt: its socket has taken nothing yet.
  std::optional<base::WallTime> last_write_at = {};
  // The id of the event up to which it has got all that is for it; empty: there is none yet.
  std::string cursor = {};
  // nullopt if nobody has asked the kernel, or if it does not tell.
  std::optional<LinkInfo> link = {};
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_CONNECTION_INFO_H_
