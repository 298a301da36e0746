#ifndef SSEGW_TESTS_UNIT_FANOUT_MODEL_LOG_H_
#define SSEGW_TESTS_UNIT_FANOUT_MODEL_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/time.h"
#include "internal/store/memory_store.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::fanout {

// What the contract says "expired" is for: where a connection lost something itself. For mode=all
// the window keeps to that wherever it answers by topic. Of keys that the snapshot had to forget it
// may know the last of all topics only, where one of which nothing else is held was among them:
// then mode=latest may be reset for what others lost.
inline constexpr bool kAllIsResetOnlyForLoss = true;
inline constexpr bool kLatestIsResetOnlyForLoss = false;

struct ModelEvent {
  std::string topic;
  std::string key;
  std::string type = {};
  std::string json = {};
  bool deleted = false;
  base::TimePoint received_at = {};
  base::TimePoint expires_at = base::TimePoint::max();
  size_t frame_bytes = 0;

  // What a newer event of the same supersedes.
  std::string name() const { return topic + "/" + key; }
  // As they are on the wire.
  std::string wire_type() const { return deleted ? "gateway.deleted" : type; }
  std::string wire_data(bool envelope) const;
};

// The log, the window, the snapshot and the memory for message ids as the contract describes them,
// too simple to be wrong: the list of all events, and numbers into it.
class ModelLog {
 public:
  // The seq of the newest event by name.
  using State = std::map<std::string, uint64_t>;
  // How much was out of reach at one moment.
  struct Moment {
    uint64_t head = 0;
    uint64_t window_start = 0;
    size_t forgotten = 0;
  };
  enum class Loss {
    kNone,
    kOfOthers,  // of events after the cursor, but none that concern these filters
    kSome,
  };

  ModelLog(const window::WindowLimits& limits, const store::MemoryStoreOptions& options)
      : limits_(limits), options_(options) {}

  void Append(ModelEvent event);
  void ExpireByAge(base::TimePoint now);

  // The first event with that message id, where it is still remembered.
  std::optional<uint64_t> FirstOf(const std::string& message_id) const;
  void Remember(const std::string& message_id, uint64_t seq, base::TimePoint at);
  void ForgetMessageIds(base::TimePoint now);

  // What has outlived its ttl and is the newest of its key, in the order in which it did.
  std::vector<uint64_t> Expired(base::TimePoint now) const;
  bool InSnapshot(uint64_t seq) const { return live_.contains(seq); }
  // In the window or the snapshot, deletions included.
  bool Held(uint64_t seq) const {
    return seq > window_start_ || live_.contains(seq) || tombstones_.contains(seq);
  }

  uint64_t head() const { return log_.size(); }
  uint64_t window_start() const { return window_start_; }
  size_t snapshot_keys() const { return live_.size(); }
  const ModelEvent& at(uint64_t seq) const { return log_[seq - 1]; }
  Moment now() const {
    return {.head = head(), .window_start = window_start_, .forgotten = forgotten_.size()};
  }

  // Every key that was not deleted, also those that the snapshot had to forget.
  const State& state() const { return state_; }
  State Snapshot(const window::Filters& filters) const;
  uint64_t CountMatching(const window::Filters& filters, uint64_t after, uint64_t up_to) const;

  // What a reader has lost that has got everything up to cursor and reads every event, or the
  // newest of each key.
  Loss LostOf(window::ReadMode mode, const window::Filters& filters, uint64_t cursor,
              const Moment& moment) const;
  // Whether the window may take others' events for those of these filters.
  bool MayConfuse(window::ReadMode mode, const window::Filters& filters) const;
  // Whether it answers by topic: the filters match few.
  bool Indexed(const window::Filters& filters) const;

 private:
  void Forget(std::set<uint64_t>& seqs);
  void Drop(uint64_t seq);
  void PopOldest();

  const window::WindowLimits limits_;
  const store::MemoryStoreOptions options_;
  std::vector<ModelEvent> log_;
  std::set<std::string> topics_;
  uint64_t window_start_ = 0;
  size_t window_bytes_ = 0;
  // The newest of each key: alive, and deleted.
  std::set<uint64_t> live_;
  std::set<uint64_t> tombstones_;
  size_t live_bytes_ = 0;
  State newest_;
  State state_;
  // What live_ and tombstones_ had no more room for.
  std::vector<uint64_t> forgotten_;

  struct Remembered {
    std::string message_id;
    uint64_t seq;
    base::TimePoint at;
  };
  std::deque<Remembered> remembered_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_TESTS_UNIT_FANOUT_MODEL_LOG_H_
