#ifndef SSEGW_GATEWAY_CONNECTIONS_DEMAND_TABLE_H_
#define SSEGW_GATEWAY_CONNECTIONS_DEMAND_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/window/filter.h"

namespace ssegw::connections {

// How many connections there are with equal filters and an equal maxRate. Rows of several gateways
// add up, whoever tells of them.
//
// Thread: any; one lock, and one look-up for each change.
// Cost:   some 60 bytes a row; the texts of filters are shared with their connections.
class DemandTable {
 public:
  DemandTable() = default;
  DemandTable(const DemandTable&) = delete;
  DemandTable& operator=(const DemandTable&) = delete;

  // A row that has changed, or is looked at.
  struct Row {
    window::Filters filters;
    base::Duration min_interval;  // zero: no maxRate
    uint32_t slot;
    // Now, and when it was last read.
    int64_t connections;
    int64_t read;
  };

  // So many more connections have come; negative: have gone.
  void Change(const window::Filters& filters, base::Duration min_interval, int64_t by);

  // From now on it is remembered which rows change; or not any more.
  void Remember(bool remembers);
  // Reads up to that many rows that have changed since they were last read. Fewer: there are no
  // more.
  std::vector<Row> ReadChanged(size_t max);
  // Reads up to that many rows from that slot on, which is set to where the next ones are. Fewer:
  // there are no more. A row that comes meanwhile may be passed over; it has changed.
  std::vector<Row> ReadFrom(uint32_t& slot, size_t max);

  size_t memory_bytes() const;

 private:
  struct Key {
    std::string_view filters;  // canonical text
    base::Duration min_interval;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.filters, key.min_interval.count());
    }
  };
  struct Entry {
    window::Filters filters;
    base::Duration min_interval{0};
    int64_t connections = 0;
    int64_t read = 0;
    bool used = false;
    bool changed = false;
  };

  // Entries are found by what they are of, and held by their slots.
  struct BySlot {
    using is_transparent = void;
    const std::deque<Entry>* entries;
    Key Of(uint32_t slot) const {
      const Entry& entry = (*entries)[slot];
      return {.filters = entry.filters.canonical(), .min_interval = entry.min_interval};
    }
    static const Key& Of(const Key& key) { return key; }
    size_t operator()(const auto& key) const { return absl::Hash<Key>{}(Of(key)); }
    bool operator()(const auto& a, const auto& b) const { return Of(a) == Of(b); }
  };

  Row Read(uint32_t slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint32_t SlotOf(const window::Filters& filters, base::Duration min_interval)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Free(uint32_t slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  bool remembers_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint32_t> free_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<uint32_t, BySlot, BySlot> slots_ ABSL_GUARDED_BY(mutex_){0, BySlot{&entries_},
                                                                               BySlot{&entries_}};
  std::deque<uint32_t> changed_ ABSL_GUARDED_BY(mutex_);  // the earliest first
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_DEMAND_TABLE_H_
