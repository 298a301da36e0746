#ifndef SSEGW_INTERNAL_FANOUT_SHARD_H_
#define SSEGW_INTERNAL_FANOUT_SHARD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "internal/base/time.h"
#include "internal/fanout/filter_index.h"
#include "internal/fanout/group.h"
#include "internal/fanout/joined_slice.h"
#include "internal/fanout/lag.h"
#include "internal/fanout/mailbox.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/subscription_host.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::fanout {

// What is left of something that is done in several steps.
enum class Work : uint8_t {
  kDone,
  kMore,  // call again, after others had their turn
};

// One shard's part of the fan-out: takes frames from its mailbox, finds the subscriptions that they
// match, and has each of them write. It knows no sockets; net::ShardThread gives it a thread.
//
// Owns:     the mailbox, the index and the groups; not the subscriptions.
// Thread:   OnAppend, OnBreak: any. All else: the shard's.
// Lifetime: outlives its subscriptions; the window outlives it.
// Cost:     per frame one match; per frame and live subscription a share of one gather write.
class Shard final : public window::LogListener, public SubscriptionHost {
 public:
  static constexpr size_t kWritesPerTurn = 256;
  static constexpr size_t kLagsPerTurn = 256;
  // A shard is late if the frames that it comes to are older than this: its CPU cannot deliver all
  // that is published. As with a connection that is behind, mode=latest then skips what has been
  // superseded.
  static constexpr base::Duration kLateAfter = std::chrono::seconds(1);

  // wake: called by any thread when Turn has something to do again; must be short. The shard
  // listens to the window only while it has subscriptions.
  Shard(window::Window& window, std::function<void()> wake);
  ~Shard();

  void OnAppend(std::span<const sse::FramePtr> frames) override;
  void OnBreak() override;

  // Delivers for a while. kDone: wake will be called when there is more.
  Work Turn(base::TimePoint now);

  // text: gateway.stale, for subscriptions that begin or fall behind from now on; empty: none.
  // Those that are there are told by Subscription::SayFreshness.
  void SetStale(std::string text) { set_stale(std::move(text)); }

  // Measures how far the subscriptions that are behind are: BeginLag, then CountLag until kDone,
  // with turns for others in between. A subscription that falls behind or catches up meanwhile may
  // be counted or not; none is counted twice.
  void BeginLag();
  Work CountLag(base::TimePoint now);
  // As of the last time that CountLag was done.
  const LagDistribution& lag() const { return lag_; }

  // SubscriptionHost, for subscriptions.
  SubscriptionGroup& Join(Subscription& subscription, const window::Filters& filters,
                          Rendering rendering) override;
  void Leave(Subscription& subscription) override;
  void AddBehind(Subscription& subscription) override;
  void RemoveBehind(Subscription& subscription) override;
  std::optional<uint64_t> EventsUpTo(const SubscriptionGroup& group, uint64_t seq) const override;

 private:
  // Hears of what is appended to the window from now on.
  void Listen();
  // Makes the group if there is none.
  SubscriptionGroup& GroupOf(const window::Filters& filters, Rendering rendering);
  void RemoveGroup(SubscriptionGroup& group);

  // The next frames into inbox_, which stays empty if there are none.
  void Refill();
  void BeginSlice(base::TimePoint now);
  // Adds what has come meanwhile, as far as the slice has room.
  void WidenSlice();
  // Adds the next frames of inbox_, up to index end. superseded: a bit for each of them.
  void AddToSlice(size_t end, uint64_t superseded);
  // kMore: the budget is used up before the slice is done.
  Work WriteSlice(size_t& budget);
  void BeginPass();
  void EndPass();
  // The window no longer has what the mailbox lost: every subscription reads on for itself.
  void LoseTrack();
  // The window has begun another epoch: every subscription begins again.
  void BeginEpoch();

  const std::function<void()> wake_;
  Mailbox mailbox_;

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
  size_t filter_bytes_ = 0;  // of all groups
  size_t subscriptions_ = 0;

  // Frames taken from the mailbox; those before inbox_next_ are done or in the current slice.
  std::vector<sse::FramePtr> inbox_;
  size_t inbox_next_ = 0;
  // The mailbox overflowed: inbox_ is filled from the window until that has been read to its end.
  bool reading_window_ = false;

  // The current slice: where it begins in inbox_; the groups that have frames of it, in the order
  // of their passes; the group of the current pass, and how many of its members are left.
  size_t slice_begin_ = 0;
  std::vector<SubscriptionGroup*> slice_groups_;
  size_t slice_group_ = 0;
  size_t slice_members_left_ = 0;
  bool in_pass_ = false;
  std::vector<SubscriptionGroup*> matches_;
  std::vector<sse::FramePtr> mail_;
  JoinedSlice joined_;  // of the current pass

  // Those that are behind, in any order. CountLag has not yet come to the first lags_left_.
  std::vector<Subscription*> behind_;
  size_t lags_left_ = 0;
  LagDistribution counted_lag_;
  LagDistribution lag_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SHARD_H_
