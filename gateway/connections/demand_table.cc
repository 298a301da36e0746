#include "gateway/connections/demand_table.h"

#include <algorithm>

#include "internal/base/string_map.h"

namespace ssegw::connections {

void DemandTable::Change(const window::Filters& filters, base::Duration min_interval, int64_t by) {
  const base::MutexLock lock(mutex_);
  const uint32_t slot = SlotOf(filters, min_interval);
  Entry& entry = entries_[slot];
  entry.connections += by;
  if (remembers_) {
    if (!std::exchange(entry.changed, true)) changed_.push_back(slot);
  } else if (entry.connections == 0) {
    Free(slot);
  }
}

uint32_t DemandTable::SlotOf(const window::Filters& filters, base::Duration min_interval) {
  const auto it = slots_.find(Key{.filters = filters.canonical(), .min_interval = min_interval});
  if (it != slots_.end()) return *it;
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  entries_[slot] = {.filters = filters, .min_interval = min_interval, .used = true};
  slots_.insert(slot);
  return slot;
}

void DemandTable::Free(uint32_t slot) {
  slots_.erase(slot);
  base::ShrinkIfSparse(slots_);
  entries_[slot] = {};
  free_.push_back(slot);
}

void DemandTable::Remember(bool remembers) {
  const base::MutexLock lock(mutex_);
  remembers_ = remembers;
  if (remembers) return;
  for (const uint32_t slot : changed_) {
    entries_[slot].changed = false;
    if (entries_[slot].connections == 0) Free(slot);
  }
  changed_ = {};
}

DemandTable::Row DemandTable::Read(uint32_t slot) {
  Entry& entry = entries_[slot];
  return {.filters = entry.filters,
          .min_interval = entry.min_interval,
          .slot = slot,
          .connections = entry.connections,
          .read = std::exchange(entry.read, entry.connections)};
}

std::vector<DemandTable::Row> DemandTable::ReadChanged(size_t max) {
  std::vector<Row> rows;
  const base::MutexLock lock(mutex_);
  while (rows.size() < max && !changed_.empty()) {
    const uint32_t slot = changed_.front();
    changed_.pop_front();
    entries_[slot].changed = false;
    rows.push_back(Read(slot));
    if (rows.back().connections == 0) Free(slot);
  }
  return rows;
}

std::vector<DemandTable::Row> DemandTable::ReadFrom(uint32_t& slot, size_t max) {
  std::vector<Row> rows;
  const base::MutexLock lock(mutex_);
  for (; rows.size() < max && slot < entries_.size(); ++slot) {
    if (entries_[slot].used) rows.push_back(Read(slot));
  }
  return rows;
}

size_t DemandTable::memory_bytes() const {
  const base::MutexLock lock(mutex_);
  return entries_.size() * sizeof(Entry) + slots_.capacity() * (sizeof(uint32_t) + 1) +
         (free_.capacity() + changed_.size()) * sizeof(uint32_t);
}

}  // namespace ssegw::connections
