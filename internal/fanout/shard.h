#ifndef SSEGW_INTERNAL_FANOUT_SHARD_H_
#define SSEGW_INTERNAL_FANOUT_SHARD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "internal/base/time.h"
#include "internal/fanout/filter_index.h"
#include "internal/fanout/lag.h"
#include "internal/fanout/mailbox.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/shard_stats.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::fanout {

// The subscriptions of a shard that have the same filters and the same rendering: an event is
// matched and rendered once for all of them.
struct SubscriptionGroup {
  SubscriptionGroup(window::Filters group_filters, Rendering group_rendering)
      : filters(std::move(group_filters)), rendering(group_rendering) {}

  const window::Filters filters;
  const Rendering rendering;
  std::vector<Subscription*> members;
  // The frames of the slice in work that match and that some member may not have; the shard's inbox
  // holds them.
  std::vector<const sse::Frame*> slice;
  // Those of them that have not been superseded; only while the shard is late.
  std::vector<const sse::Frame*> newest_of_slice;
  // How many of slice were there when the pass in work began, or the last one: it brings them to
  // every member.
  size_t slice_of_pass = 0;
  // There are later ones, and it waits for a pass.
  bool queued = false;
  // Events that matched, and the seq of the last, up to the end of the slice in work.
  uint64_t events = 0;
  uint64_t last_seq = 0;
};

// What is left of something that is done in several steps.
enum class Work : uint8_t {
  kDone,
  kMore,  // call again, after others had their turn
};

// One shard's share of the fan-out: takes frames from its mailbox, finds the subscriptions that
// they match, and has each write them. It knows no sockets; net::ShardThread gives it a thread.
//
// Owns:     the mailbox, the index and the groups; not the subscriptions.
// Thread:   OnAppend any; all else the shard's.
// Lifetime: outlives its subscriptions; the window outlives it.
// Cost:     per frame one match; per frame and live subscription a share of one gather write.
class Shard final : public window::AppendListener {
 public:
  static constexpr size_t kFramesPerSlice = 64;
  static constexpr size_t kWritesPerTurn = 256;
  // The frames of a pass are copied into one piece for all members, as long as they are short: 32
  // of 290 bytes each cost the kernel 1 us more than the same bytes in one (loopback, AMD EPYC).
  static constexpr size_t kMaxJoinedBytes = 64 * 1024;
  static constexpr size_t kLagsPerTurn = 256;
  // A shard whose frames are older than this when it comes to them is late: there is more to be
  // delivered than its CPU can. As with a connection that is behind, mode=latest then skips what
  // has been superseded.
  static constexpr base::Duration kLateAfter = std::chrono::seconds(1);

  // wake: called by any thread when Turn has something to do again; must be short.
  // The window is listened to only while there are subscriptions.
  Shard(window::Window& window, std::function<void()> wake);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void OnAppend(const sse::FramePtr& frame) override;

  // Delivers for a while. kDone: wake will be called when there is more.
  Work Turn(base::TimePoint now);

  // Measures how far the subscriptions that are behind are: BeginLag, then CountLag until kDone,
  // with turns for others in between. A subscription that falls behind or catches up meanwhile may
  // be counted or not; none is counted twice.
  void BeginLag();
  Work CountLag(base::TimePoint now);
  // As of the last time that CountLag was done.
  const LagDistribution& lag() const { return lag_; }

  size_t subscriptions() const { return subscriptions_; }
  const ShardStats& stats() const { return stats_; }
  window::Window& window() { return window_; }

 private:
  friend class Subscription;

  void Join(Subscription& subscription, const window::Filters& filters, Rendering rendering);
  void Leave(Subscription& subscription);
  // Makes it where there is none.
  SubscriptionGroup& GroupOf(const window::Filters& filters, Rendering rendering);
  void RemoveGroup(SubscriptionGroup& group);
  // A subscription fell behind, or is no longer.
  void AddBehind(Subscription& subscription);
  void RemoveBehind(Subscription& subscription);
  // How many events there have been for a group, up to a seq that may still be on its way to it;
  // nullopt: that cannot be told any more.
  std::optional<uint64_t> EventsUpTo(const SubscriptionGroup& group, uint64_t seq) const;

  // The next frames into inbox_, which stays empty if there are none.
  void Refill();
  void BeginSlice(base::TimePoint now);
  // What has come meanwhile, as far as it has room.
  void WidenSlice();
  // The next frames of inbox_, up to that one, into the slice. superseded: a bit for each of them.
  void AddToSlice(size_t end, uint64_t superseded);
  // kMore: the budget is used up before the slice is done.
  Work WriteSlice(size_t& budget);
  void BeginPass();
  void EndPass();
  // The frames of the pass in work from that index on as one piece of bytes; empty: they are too
  // many for that. Valid until the next call.
  std::string_view JoinedFrom(const SubscriptionGroup& group, size_t first);
  // The window no longer has what the mailbox lost: every subscription reads on for itself.
  void LoseTrack();

  window::Window& window_;
  const std::function<void()> wake_;
  Mailbox mailbox_;
  ShardStats stats_;

  // What makes a group, which its members have in common.
  struct GroupKey {
    std::string_view filters;  // canonical text
    Rendering rendering;
    friend bool operator==(const GroupKey&, const GroupKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const GroupKey& key) {
      return H::combine(std::move(h), key.filters, key.rendering);
    }
  };
  struct ByKey {
    using is_transparent = void;
    static const GroupKey& Of(const GroupKey& key) { return key; }
    static GroupKey Of(const std::unique_ptr<SubscriptionGroup>& group) {
      return {.filters = group->filters.canonical(), .rendering = group->rendering};
    }
    size_t operator()(const auto& key) const { return absl::Hash<GroupKey>{}(Of(key)); }
    bool operator()(const auto& a, const auto& b) const { return Of(a) == Of(b); }
  };

  // Groups that differ in the rendering alone are found together.
  FilterIndex<SubscriptionGroup> index_;
  absl::flat_hash_set<std::unique_ptr<SubscriptionGroup>, ByKey, ByKey> groups_;
  // Of the groups.
  size_t filter_bytes_ = 0;
  size_t subscriptions_ = 0;

  // Frames taken from the mailbox; those before inbox_next_ are done or in the slice in work.
  std::vector<sse::FramePtr> inbox_;
  size_t inbox_next_ = 0;
  // The mailbox overflowed: inbox_ is filled from the window until it has caught up.
  bool reading_window_ = false;
  // Every frame up to this seq has been counted to its groups.
  uint64_t processed_seq_ = 0;

  // The slice in work: where it begins in inbox_; the groups with frames for it, in the order of
  // their passes; the group that is served, and how many of its members are left.
  size_t slice_begin_ = 0;
  std::vector<SubscriptionGroup*> slice_groups_;
  size_t slice_group_ = 0;
  size_t slice_members_left_ = 0;
  bool in_pass_ = false;
  bool slice_is_late_ = false;
  std::vector<SubscriptionGroup*> matches_;
  std::vector<sse::FramePtr> mail_;
  // Of the pass in work, as far as somebody has asked for it.
  std::string joined_;
  std::vector<size_t> joined_begins_;

  // Those that are behind, in any order; CountLag has still to look at the first lags_left_.
  std::vector<Subscription*> behind_;
  size_t lags_left_ = 0;
  LagDistribution counted_lag_;
  LagDistribution lag_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SHARD_H_
