#ifndef SSEGW_GATEWAY_CONNECTIONS_DEMAND_H_
#define SSEGW_GATEWAY_CONNECTIONS_DEMAND_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "gateway/connections/crossings.h"
#include "gateway/connections/demand_table.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/window/filter.h"

namespace ssegw::connections {

// How many connections there are for a filter: those one of whose filters shares a topic with it.
struct DemandLevel {
  std::string filter;
  uint64_t connections = 0;
  // The largest maxRate of these connections, per second; 0: one of them has none, or there are no
  // connections.
  double max_rate = 0;

  friend bool operator==(const DemandLevel&, const DemandLevel&) = default;
};

// Tells publishers whether somebody is there for what they publish. Connections are counted by
// equal filters; what has changed is held against the watched filters in Tick, a bounded piece at a
// time. So however many browsers come and go, it costs them one look-up each.
//
// Owns:     the table, and the counts of watched filters; not the watches.
// Thread:   any.
// Lifetime: outlives its watches.
// Cost:     a row of the table for connections with equal filters, watched or not. Tick: some
//           milliseconds at most, but for a row of very many filters.
class Demand {
  struct Watched;

 public:
  // Watched filters, of all watches together, equal ones counted once.
  static constexpr size_t kMaxWatched = 65'536;
  // What a Tick does, in nodes and rows that it comes to.
  static constexpr size_t kStepsPerTick = 100'000;
  // Of changes, for one watch: filters with what each answer takes beside. So a thousand filters
  // of 50 bytes are told again within a second, and one of them with each Tick.
  static constexpr size_t kBytesPerSecond = size_t{128} * 1024;
  static constexpr size_t kBytesPerAnswer = 64;

  // What one call watches.
  //
  // Thread: any, one at a time.
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // What is to be told next: each filter once, when all have been counted; then those that have
    // changed since they were told, where people come to a filter or leave it empty before others.
    // nullopt: nothing yet; wake is called once, when there is.
    std::optional<DemandLevel> Next(base::TimePoint now);

   private:
    friend class Demand;
    struct Item {
      Watched* watched;
      std::optional<DemandLevel> told = {};
      bool queued = false;
      bool hurries = false;
    };
    Watch(Demand& demand, std::function<void()> wake) : demand_(demand), wake_(std::move(wake)) {}

    Demand& demand_;
    const std::function<void()> wake_;
    // What follows is guarded by the demand's mutex.
    std::vector<Item> items_;
    size_t uncounted_ = 0;
    std::deque<size_t> changed_;
    // Those of them that are for nobody any more, or for somebody again.
    std::deque<size_t> hurried_;
    // Until when the answers that were given take all of kBytesPerSecond.
    base::TimePoint spent_until_ = base::TimePoint::min();
    uint64_t answers_ = 0;
    bool waits_ = false;
  };

  explicit Demand(size_t steps_per_tick = kStepsPerTick) : steps_per_tick_(steps_per_tick) {}
  Demand(const Demand&) = delete;
  Demand& operator=(const Demand&) = delete;

  // So many more connections with these filters have come; negative: have gone. Of this gateway or
  // of another one. min_interval: 1/maxRate; zero: none.
  void Change(const window::Filters& filters, base::Duration min_interval, int64_t by) {
    table_.Change(filters, min_interval, by);
  }

  // Equal filters are one. wake: called by Tick; must be short, and may be called once more after
  // the watch is gone. RESOURCE_EXHAUSTED: too many are watched already.
  absl::StatusOr<std::unique_ptr<Watch>> Begin(const std::vector<window::Filter>& filters,
                                               std::function<void()> wake);

  // Counts what has changed, and wakes. Call ten times a second, from one thread.
  void Tick(base::TimePoint now);

  // Calls that watch.
  size_t watches() const;
  // What it takes of memory.
  size_t memory_bytes() const;

 private:
  // A filter that somebody watches.
  struct Watched {
    window::Filter filter;
    // Its connections, by their min_interval.
    std::map<base::Duration, int64_t> by_interval = {};
    int64_t connections = 0;
    // By watch, and where it has the filter.
    std::vector<std::pair<Watch*, size_t>> watches = {};
    enum class State : uint8_t {
      kNew,       // not counted yet
      kCounting,  // with the rows before scan_
      kCounted,
    } state = State::kNew;
    // The last row that was held against it.
    uint64_t row = 0;
  };

  static DemandLevel LevelOf(const Watched& watched);

  size_t CountRow(const DemandTable::Row& row, bool scanned) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // With mutex_ held.
  static void Add(Watched& watched, base::Duration min_interval, int64_t by);
  // Both return whether there may be more.
  bool CountChanged(size_t& steps);
  bool Scan(size_t& steps);
  void EndScan() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasNext(const Watch& watch, base::TimePoint now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static std::optional<size_t> TakeChanged(Watch& watch);
  void End(Watch& watch);

  const size_t steps_per_tick_;
  DemandTable table_;

  mutable base::Mutex mutex_;
  base::StringMap<std::unique_ptr<Watched>> watched_ ABSL_GUARDED_BY(mutex_);
  Crossings<Watched> crossings_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Watch*> watches_ ABSL_GUARDED_BY(mutex_);
  uint64_t rows_ ABSL_GUARDED_BY(mutex_) = 0;
  // The slot that the scan has come to; nullopt: there is none.
  std::optional<uint32_t> scan_ ABSL_GUARDED_BY(mutex_);
  // Filters that are kNew.
  size_t new_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_DEMAND_H_
