#ifndef SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_SEARCH_H_
#define SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/connections/lifecycle_log.h"
#include "internal/base/time.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

// Looks for events in a log, the newest first, some at a time, so that connections that come and go
// do not wait for it.
//
// Thread:   one.
// Lifetime: the log outlives it.
// Cost:     some 0.1 ms a step; what it has found, up to kMaxBytes and one event more.
class LifecycleSearch {
 public:
  static constexpr size_t kEventsPerStep = 1000;
  static constexpr size_t kMaxBytes = size_t{1024} * 1024;

  // What is empty fits every event.
  struct Wanted {
    // Of the connection, or of the one that it goes on from.
    std::string id = {};
    std::string subject = {};
    std::string address = {};
    size_t max_events = 100;
    uint64_t before = std::numeric_limits<uint64_t>::max();
  };
  struct Found {
    ssegateway::v1::WatchConnectionsResponse event;  // without its token
    base::WallTime told_at;
  };

  LifecycleSearch(const LifecycleLog& log, Wanted wanted) : log_(log), wanted_(std::move(wanted)) {}

  // Looks at some more. False: that was all.
  bool Step();

  const std::vector<Found>& found() const { return found_; }
  // There may be more before that number; nullopt: that was all that is kept.
  std::optional<uint64_t> next() const { return next_; }

 private:
  bool Fits(std::string_view bytes) const;

  const LifecycleLog& log_;
  const Wanted wanted_;
  std::vector<Found> found_;
  size_t bytes_ = 0;
  std::optional<uint64_t> next_ = wanted_.before;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_SEARCH_H_
