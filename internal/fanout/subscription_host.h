#ifndef SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_HOST_H_
#define SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_HOST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "internal/fanout/group.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/shard_stats.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::fanout {

// What a subscription needs of its shard.
//
// Thread:   the shard's.
// Lifetime: outlives its subscriptions; the window outlives it.
class SubscriptionHost {
 public:
  SubscriptionHost(const SubscriptionHost&) = delete;
  SubscriptionHost& operator=(const SubscriptionHost&) = delete;

  // Adds the subscription to the group of these filters and this rendering.
  virtual SubscriptionGroup& Join(Subscription& subscription, const window::Filters& filters,
                                  Rendering rendering) = 0;
  virtual void Leave(Subscription& subscription) = 0;

  // The subscription fell behind, or is behind no longer.
  virtual void AddBehind(Subscription& subscription) = 0;
  virtual void RemoveBehind(Subscription& subscription) = 0;

  // How many events there have been for a group up to a seq, even if some are still on their way to
  // it; nullopt if that is no longer known.
  virtual std::optional<uint64_t> EventsUpTo(const SubscriptionGroup& group,
                                             uint64_t seq) const = 0;

  window::Window& window() const { return window_; }
  ShardStats& stats() { return stats_; }
  const ShardStats& stats() const { return stats_; }
  // Every frame up to this seq has been counted to its groups.
  uint64_t processed_seq() const { return processed_seq_; }
  // Which epoch of the window its seqs are of. If the window has another one, the shard has yet to
  // find out, and resets its subscriptions then.
  uint64_t epoch_number() const { return epoch_number_; }
  const std::string& epoch() const { return epoch_; }
  // gateway.stale, as bare text; empty: what the window has is up to date.
  std::string_view stale() const { return stale_; }
  // The current slice is late: mode=latest gets only what has not been superseded.
  bool late() const { return late_; }

 protected:
  explicit SubscriptionHost(window::Window& window) : window_(window) {}
  ~SubscriptionHost() = default;

  void set_processed_seq(uint64_t seq) { processed_seq_ = seq; }
  void set_epoch(std::string epoch, uint64_t number) {
    epoch_ = std::move(epoch);
    epoch_number_ = number;
  }
  void set_late(bool late) { late_ = late; }
  void set_stale(std::string text) { stale_ = std::move(text); }

 private:
  window::Window& window_;
  ShardStats stats_;
  uint64_t processed_seq_ = 0;
  std::string epoch_;
  uint64_t epoch_number_ = 0;
  bool late_ = false;
  std::string stale_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_HOST_H_
