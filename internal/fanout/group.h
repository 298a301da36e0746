#ifndef SSEGW_INTERNAL_FANOUT_GROUP_H_
#define SSEGW_INTERNAL_FANOUT_GROUP_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "internal/fanout/rendering.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"

namespace ssegw::fanout {

class Subscription;
class SubscriptionHost;

// How many frames a shard delivers together.
inline constexpr size_t kFramesPerSlice = 64;

// The subscriptions of a shard that have equal filters and the same rendering: an event is matched
// and rendered once for all of them. The shard writes it, its members read it.
struct SubscriptionGroup {
  SubscriptionGroup(SubscriptionHost& group_host, window::Filters group_filters,
                    Rendering group_rendering)
      : host(group_host), filters(std::move(group_filters)), rendering(group_rendering) {}

  SubscriptionHost& host;
  const window::Filters filters;
  const Rendering rendering;
  std::vector<Subscription*> members;
  // The frames of the current slice that match and that some member may not have. The shard's inbox
  // holds them.
  std::vector<const sse::Frame*> slice;
  // Those of them that have not been superseded; only while the shard is late.
  std::vector<const sse::Frame*> newest_of_slice;
  // The length of slice when the current or the last pass began. That pass delivers exactly these.
  size_t slice_of_pass = 0;
  // There are later ones, and the group waits for another pass.
  bool queued = false;
  // Events that matched, and the seq of the last, up to the end of the current slice.
  uint64_t events = 0;
  uint64_t last_seq = 0;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_GROUP_H_
