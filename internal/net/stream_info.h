#ifndef SSEGW_INTERNAL_NET_STREAM_INFO_H_
#define SSEGW_INTERNAL_NET_STREAM_INFO_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "internal/fanout/lag.h"
#include "internal/fanout/subscription.h"
#include "internal/fanout/subscription_request.h"

namespace ssegw::net {

// How slow an event stream is.
struct StreamRank {
  fanout::Lag lag;
  base::Duration stalled{0};  // for how long its socket has taken nothing of what waits for it
  base::Duration age{0};      // since it began

  // Slower: further behind in time, then in events; where that is equal, stalled for longer; where
  // that is too, open for longer.
  bool SlowerThan(const StreamRank& other) const;
};

// What the kernel tells of a TCP connection.
struct LinkInfo {
  // That it has taken from the gateway and the peer's kernel has not acknowledged.
  uint64_t unacknowledged_bytes = 0;
  // Acknowledged, in the time in which there was something to acknowledge: so one that gets little
  // is not taken for a slow one.
  double bytes_per_second = 0;
  base::Duration round_trip{0};
};
// nullopt: it does not tell.
std::optional<LinkInfo> LinkOf(int fd);

// One event stream, for the one who looks for the slow ones.
struct StreamInfo {
  // More filters than these are only counted, so that the size of an answer is bounded.
  static constexpr size_t kMaxFilters = 8;

  std::string id;       // as in X-Connection-Id
  std::string address;  // without port; behind trusted proxies that of the browser
  std::vector<std::string> filters;
  size_t filter_count = 0;
  fanout::Mode mode = fanout::Mode::kLatest;
  base::Duration min_interval{0};  // zero: none
  fanout::Progress progress = fanout::Progress::kLive;
  StreamRank rank;
  uint64_t frames_delivered = 0;
  uint64_t bytes_sent = 0;
  std::optional<LinkInfo> link;  // nullopt: the kernel does not tell
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_INFO_H_
