// Implementation notes
//
// A row of the table is read with what it was when it was last read, and the difference goes to
// the watched filters that it crosses. A filter that is newly watched has to get all rows first: a
// scan goes through the table for all new filters together. A row before the place that the scan
// has come to is counted as any; one after it will be counted by the scan, so that its difference
// is only for filters that have been counted before.
//
// Locks: mutex_ → the table's. Tick gives mutex_ up between two batches of rows.
#include "gateway/connections/demand.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "internal/base/concat.h"

namespace ssegw::connections {
namespace {

// Rows that are read and counted with the locks held.
constexpr size_t kBatch = 64;
// One in so many answers is not of those that hurry, where there are others.
constexpr uint64_t kTurns = 4;

// What the query said, without what whole nanoseconds cut off of it: six digits.
double RateOf(base::Duration min_interval) {
  const double rate = 1 / base::ToSeconds(min_interval);
  const double scale = std::pow(10, 5 - std::floor(std::log10(rate)));
  return std::round(rate * scale) / scale;
}

base::Duration TimeOf(size_t bytes) {
  return base::Duration(std::chrono::seconds(1)) * bytes / Demand::kBytesPerSecond;
}

}  // namespace

DemandLevel Demand::LevelOf(const Watched& watched) {
  DemandLevel level = {
      .filter = watched.filter.text(),
      .connections = static_cast<uint64_t>(std::max<int64_t>(watched.connections, 0))};
  if (watched.by_interval.empty()) return level;
  const base::Duration shortest = watched.by_interval.begin()->first;
  if (shortest > base::Duration::zero()) level.max_rate = RateOf(shortest);
  return level;
}

absl::StatusOr<std::unique_ptr<Demand::Watch>> Demand::Begin(
    const std::vector<window::Filter>& filters, std::function<void()> wake) {
  std::unique_ptr<Watch> watch(new Watch(*this, std::move(wake)));
  const base::MutexLock lock(mutex_);
  if (watched_.size() + filters.size() > kMaxWatched) {
    return absl::ResourceExhaustedError(
        base::Concat(watched_.size(), " filters are watched already, and ", filters.size(),
                     " more are beyond ", kMaxWatched));
  }
  if (watches_.empty()) table_.Remember(true);
  watches_.insert(watch.get());
  for (const window::Filter& filter : filters) {
    std::unique_ptr<Watched>& watched = watched_[filter.text()];
    if (watched == nullptr) {
      watched = std::make_unique<Watched>(Watched{.filter = filter});
      crossings_.Add(watched->filter, watched.get());
      ++new_;
    } else if (!watched->watches.empty() && watched->watches.back().first == watch.get()) {
      continue;
    }
    if (watched->state != Watched::State::kCounted) ++watch->uncounted_;
    watched->watches.emplace_back(watch.get(), watch->items_.size());
    watch->changed_.push_back(watch->items_.size());
    watch->items_.push_back({.watched = watched.get(), .queued = true});
  }
  return watch;
}

Demand::Watch::~Watch() { demand_.End(*this); }

void Demand::End(Watch& watch) {
  const base::MutexLock lock(mutex_);
  if (watches_.erase(&watch) == 0) return;
  for (const Watch::Item& item : watch.items_) {
    Watched& watched = *item.watched;
    const auto of_watch = std::find_if(watched.watches.begin(), watched.watches.end(),
                                       [&](const auto& each) { return each.first == &watch; });
    *of_watch = watched.watches.back();
    watched.watches.pop_back();
    if (!watched.watches.empty()) continue;
    if (watched.state == Watched::State::kNew) --new_;
    crossings_.Remove(watched.filter);
    watched_.erase(watched_.find(watched.filter.text()));
  }
  base::ShrinkIfSparse(watched_);
  if (!watches_.empty()) return;
  scan_ = std::nullopt;
  table_.Remember(false);
}

void Demand::Tick(base::TimePoint now) {
  size_t steps = steps_per_tick_;
  while (steps > 0 && CountChanged(steps)) {
  }
  while (steps > 0 && Scan(steps)) {
  }
  std::vector<std::function<void()>> wakes;
  {
    const base::MutexLock lock(mutex_);
    for (Watch* const watch : watches_) {
      if (!watch->waits_ || !HasNext(*watch, now)) continue;
      watch->waits_ = false;
      wakes.push_back(watch->wake_);
    }
  }
  for (const std::function<void()>& wake : wakes) wake();
}

bool Demand::CountChanged(size_t& steps) {
  const base::MutexLock lock(mutex_);
  if (watches_.empty()) return false;
  const std::vector<DemandTable::Row> rows = table_.ReadChanged(kBatch);
  for (const DemandTable::Row& row : rows) {
    steps -= std::min(steps, CountRow(row, /*scanned=*/scan_ && row.slot < *scan_));
  }
  return rows.size() == kBatch;
}

bool Demand::Scan(size_t& steps) {
  const base::MutexLock lock(mutex_);
  if (!scan_) {
    if (new_ == 0) return false;
    new_ = 0;
    scan_ = 0;
    for (const auto& [text, watched] : watched_) {
      if (watched->state == Watched::State::kNew) watched->state = Watched::State::kCounting;
    }
  }
  uint32_t next = *scan_;
  const std::vector<DemandTable::Row> rows = table_.ReadFrom(next, kBatch);
  for (const DemandTable::Row& row : rows) {
    // For those that are being counted the row is all new.
    const uint64_t number = ++rows_;
    const auto count = [&](Watched& watched) {
      if (watched.state != Watched::State::kCounting) return;
      if (std::exchange(watched.row, number) == number) return;
      Add(watched, row.min_interval, row.connections);
    };
    for (const window::FilterView& filter : row.filters.all()) {
      steps -= std::min(steps, crossings_.ForEach(filter, count));
    }
    steps -= std::min(steps, CountRow(row, /*scanned=*/false));
  }
  scan_ = next;
  if (rows.size() == kBatch) return true;
  EndScan();
  return new_ > 0;
}

void Demand::EndScan() {
  scan_ = std::nullopt;
  for (const auto& [text, watched] : watched_) {
    if (watched->state != Watched::State::kCounting) continue;
    watched->state = Watched::State::kCounted;
    for (const auto& [watch, item] : watched->watches) --watch->uncounted_;
  }
}

size_t Demand::CountRow(const DemandTable::Row& row, bool scanned) {
  if (row.connections == row.read) return 1;
  const uint64_t number = ++rows_;
  const auto count = [&](Watched& watched) {
    const bool counts = watched.state == Watched::State::kCounted ||
                        (watched.state == Watched::State::kCounting && scanned);
    if (!counts || std::exchange(watched.row, number) == number) return;
    Add(watched, row.min_interval, row.connections - row.read);
  };
  size_t steps = 1;
  for (const window::FilterView& filter : row.filters.all()) {
    steps += crossings_.ForEach(filter, count);
  }
  return steps;
}

void Demand::Add(Watched& watched, base::Duration min_interval, int64_t by) {
  const bool was_for_nobody = watched.connections <= 0;
  watched.connections += by;
  const auto of_interval = watched.by_interval.try_emplace(min_interval, 0).first;
  of_interval->second += by;
  if (of_interval->second == 0) watched.by_interval.erase(of_interval);
  const bool hurries = was_for_nobody != (watched.connections <= 0);
  for (const auto& [watch, index] : watched.watches) {
    Watch::Item& item = watch->items_[index];
    if (hurries && item.told && !std::exchange(item.hurries, true)) {
      watch->hurried_.push_back(index);
    }
    if (!std::exchange(item.queued, true)) watch->changed_.push_back(index);
  }
}

bool Demand::HasNext(const Watch& watch, base::TimePoint now) const {
  if (watch.uncounted_ > 0 || watch.changed_.empty()) return false;
  return !watch.items_[watch.changed_.front()].told ||
         watch.spent_until_ <= now + std::chrono::seconds(1);
}

// An item that hurries is in both queues, and is taken from one of them.
std::optional<size_t> Demand::TakeChanged(Watch& watch) {
  const auto take = [](std::deque<size_t>& queue) {
    const size_t index = queue.front();
    queue.pop_front();
    return index;
  };
  const bool others = watch.answers_ % kTurns == 0;
  while (!watch.hurried_.empty() && !others) {
    const size_t index = take(watch.hurried_);
    if (std::exchange(watch.items_[index].hurries, false)) return index;
  }
  while (!watch.changed_.empty()) {
    const size_t index = take(watch.changed_);
    watch.items_[index].queued = false;
    watch.items_[index].hurries = false;
    return index;
  }
  return std::nullopt;
}

std::optional<DemandLevel> Demand::Watch::Next(base::TimePoint now) {
  const base::MutexLock lock(demand_.mutex_);
  while (demand_.HasNext(*this, now)) {
    const std::optional<size_t> index = TakeChanged(*this);
    if (!index) break;
    Item& item = items_[*index];
    DemandLevel level = LevelOf(*item.watched);
    // It is as it was told: what changed has changed back.
    if (item.told == level) continue;
    if (item.told) {
      ++answers_;
      spent_until_ = std::max(spent_until_, now) + TimeOf(level.filter.size() + kBytesPerAnswer);
    }
    item.told = level;
    return level;
  }
  waits_ = true;
  return std::nullopt;
}

size_t Demand::watches() const {
  const base::MutexLock lock(mutex_);
  return watches_.size();
}

size_t Demand::memory_bytes() const { return table_.memory_bytes(); }

}  // namespace ssegw::connections
