#ifndef SSEGW_INTERNAL_FANOUT_TIMER_WHEEL_H_
#define SSEGW_INTERNAL_FANOUT_TIMER_WHEEL_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "internal/base/time.h"

namespace ssegw::fanout {

// Base class of what a wheel calls: something with at most one deadline.
class WheelEntry {
 public:
  WheelEntry() = default;
  WheelEntry(const WheelEntry&) = delete;
  WheelEntry& operator=(const WheelEntry&) = delete;

 protected:
  virtual ~WheelEntry() { Unlink(); }
  // The deadline has passed, and the entry is out of the wheel. May schedule or cancel any entry,
  // including itself, and may destroy itself.
  virtual void OnDeadline(base::TimePoint now) = 0;

 private:
  friend class TimerWheel;
  void Unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }
  WheelEntry* next_ = nullptr;
  WheelEntry* previous_ = nullptr;
  uint64_t due_tick_ = 0;
};

// The deadlines of a shard: one timer for all of them, 24 bytes for each.
//
// Owns:     nothing: an entry takes itself out when it is destroyed.
// Thread:   the shard's.
// Cost:     Schedule, Cancel: a list operation. A tick: the entries of its slot. NextAt: one slot
//           for each tick until then.
class TimerWheel {
 public:
  static constexpr base::Duration kTick = std::chrono::milliseconds(20);

  explicit TimerWheel(base::TimePoint start) : start_(start) {
    for (Anchor& slot : slots_) slot.next_ = slot.previous_ = &slot;
  }
  ~TimerWheel() {
    for (Anchor& slot : slots_) {
      while (slot.next_ != &slot) slot.next_->Unlink();
    }
    for (Anchor& slot : slots_) slot.next_ = slot.previous_ = nullptr;
  }

  // Replaces the entry's deadline. The entry is called at the first tick at or after it.
  void Schedule(WheelEntry& entry, base::TimePoint deadline) {
    entry.Unlink();
    uint64_t tick = TickAtOrAfter(deadline);
    if (tick <= current_) tick = current_ + 1;
    entry.due_tick_ = tick;
    WheelEntry& anchor = slots_[tick % kSlots];
    entry.next_ = &anchor;
    entry.previous_ = anchor.previous_;
    anchor.previous_->next_ = &entry;
    anchor.previous_ = &entry;
  }

  void Cancel(WheelEntry& entry) { entry.Unlink(); }

  // The earliest time at which Advance may have something to do, or limit if that is earlier.
  base::TimePoint NextAt(base::TimePoint limit) const {
    for (uint64_t tick = current_ + 1;; ++tick) {
      const base::TimePoint at = start_ + tick * kTick;
      if (at >= limit) return limit;
      const Anchor& slot = slots_[tick % kSlots];
      if (slot.next_ != &slot) return at;
    }
  }

  // Calls the entries that are due, each once, even if several ticks have passed.
  void Advance(base::TimePoint now) {
    const auto target = static_cast<uint64_t>((now - start_) / kTick);
    // One round visits every slot, so a longer pause needs no more than one.
    if (target > current_ + kSlots) current_ = target - kSlots;
    while (current_ < target) {
      ++current_;
      Visit(slots_[current_ % kSlots], now);
    }
  }

 private:
  static constexpr size_t kSlots = 1024;
  struct Anchor final : WheelEntry {
    void OnDeadline(base::TimePoint) override {}
  };

  uint64_t TickAtOrAfter(base::TimePoint t) const {
    if (t <= start_) return 0;
    return static_cast<uint64_t>((t - start_ + kTick - base::Duration(1)) / kTick);
  }

  void Visit(WheelEntry& slot, base::TimePoint now) {
    // The slot's entries move to a list of their own. What a callback schedules into this slot is
    // for a later round; what it cancels or destroys unlinks itself from either list.
    Anchor due;
    due.next_ = due.previous_ = &due;
    if (slot.next_ == &slot) return UnlinkAnchor(due);
    due.next_ = slot.next_;
    due.previous_ = slot.previous_;
    due.next_->previous_ = &due;
    due.previous_->next_ = &due;
    slot.next_ = slot.previous_ = &slot;
    while (due.next_ != &due) {
      WheelEntry& entry = *due.next_;
      entry.Unlink();
      if (entry.due_tick_ <= current_) {
        entry.OnDeadline(now);
      } else {
        Schedule(entry, start_ + entry.due_tick_ * kTick);
      }
    }
    UnlinkAnchor(due);
  }
  static void UnlinkAnchor(Anchor& anchor) { anchor.next_ = anchor.previous_ = nullptr; }

  const base::TimePoint start_;
  uint64_t current_ = 0;
  std::array<Anchor, kSlots> slots_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_TIMER_WHEEL_H_
