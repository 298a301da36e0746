#ifndef SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_REQUEST_H_
#define SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_REQUEST_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/window/filter.h"

namespace ssegw::fanout {

enum class Mode : uint8_t {
  kLatest,  // superseded events may be skipped while the connection is behind
  kAll,     // every event, or gateway.reset
};

std::string_view ToString(Mode mode);

enum class Start { kSnapshot, kLive, kEarliest };

enum class HeartbeatForm : uint8_t {
  kComment,  // for proxies: pages do not see it
  kEvent,    // gateway.heartbeat, so that a page can tell a dead link from a quiet one
};

// What a browser asked for, already checked.
struct SubscriptionRequest {
  window::Filters filters = window::Filters::Everything();
  Mode mode = Mode::kLatest;
  // Where to begin without a last event id.
  Start start = Start::kSnapshot;
  // As the client sent it, in whatever form; empty if it sent none.
  std::string last_event_id = {};
  // Changes are sent once in this time; zero: immediately. Only with kLatest.
  base::Duration min_interval{0};
  bool envelope = false;
  HeartbeatForm heartbeat = HeartbeatForm::kComment;
  // For sse::Cut.
  bool keeps_half_events = false;
  // In whole milliseconds; zero: --heartbeat_interval.
  base::Duration heartbeat_interval{0};
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_REQUEST_H_
