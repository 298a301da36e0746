#include "gateway/connections/shared_demand.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace ssegw::connections {
namespace {

namespace v1 = ssegateway::peers::v1;

// What a row of another gateway takes beside its filters, which it has twice.
constexpr size_t kBytesPerRow = 160;

std::string TextOf(const window::Filters& filters) {
  std::string text;
  for (const window::FilterView& filter : filters.all()) {
    if (!text.empty()) text += ' ';
    text += filter.text();
  }
  return text;
}

// nullopt: it is none.
std::optional<window::Filters> ParseFilters(std::string_view text) {
  std::vector<window::Filter> filters;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    absl::StatusOr<window::Filter> filter = window::Filter::Parse(text.substr(0, end));
    if (!filter.ok()) return std::nullopt;
    filters.push_back(*std::move(filter));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return window::Filters(std::move(filters));
}

size_t BytesOf(std::string_view filters) { return 2 * filters.size() + kBytesPerRow; }

}  // namespace

void SharedDemand::Tick(base::TimePoint now) {
  SayWanted(now);
  TellRows(now);
}

void SharedDemand::SayWanted(base::TimePoint now) {
  const bool wants = demand_.watches() > 0;
  {
    const base::MutexLock lock(mutex_);
    wants_ = wants;
    if (!wants) {
      for (auto& [name, other] : others_) Forget(other, /*all=*/true);
      others_.clear();
    }
  }
  if (!wants || now < say_wanted_at_) return;
  say_wanted_at_ = now + kInterval;
  peers_.Tell(kWanted, "");
}

void SharedDemand::TellRows(base::TimePoint now) {
  bool anew = false;
  bool wanted = false;
  {
    const base::MutexLock lock(mutex_);
    wanted = now < wanted_until_;
    anew = std::exchange(tell_anew_, false);
  }
  if (!wanted) {
    if (telling_ != Telling::kNothing) table_.Remember(false);
    telling_ = Telling::kNothing;
    return;
  }
  if (telling_ == Telling::kNothing || anew) {
    table_.Remember(true);
    telling_ = Telling::kAll;
    began_ = false;
    slot_ = 0;
  }
  for (size_t messages = 0; messages < kMessagesPerTick; ++messages) {
    const bool more = telling_ == Telling::kAll ? TellAll() : TellChanges();
    if (!more) break;
  }
  if (now < tell_at_) return;
  // Whoever has missed the last message finds out.
  tell_at_ = now + kInterval;
  v1::DemandRows none;
  Tell(none, {});
}

bool SharedDemand::TellAll() {
  const std::vector<DemandTable::Row> some = table_.ReadFrom(slot_, kRowsPerMessage);
  v1::DemandRows rows;
  rows.set_begins(!std::exchange(began_, true));
  const bool is_last = some.size() < kRowsPerMessage;
  rows.set_completes(is_last);
  Tell(rows, some);
  if (is_last) telling_ = Telling::kChanges;
  return true;
}

bool SharedDemand::TellChanges() {
  const std::vector<DemandTable::Row> some = table_.ReadChanged(kRowsPerMessage);
  if (some.empty()) return false;
  v1::DemandRows rows;
  Tell(rows, some);
  return some.size() == kRowsPerMessage;
}

void SharedDemand::Tell(v1::DemandRows& rows, const std::vector<DemandTable::Row>& of) {
  rows.set_number(next_++);
  for (const DemandTable::Row& row : of) {
    v1::DemandRow& told = *rows.add_rows();
    told.set_filters(TextOf(row.filters));
    told.set_min_interval_ns(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(row.min_interval).count()));
    told.set_connections(static_cast<uint64_t>(std::max<int64_t>(row.connections, 0)));
  }
  peers_.Tell(kRows, rows.SerializeAsString());
}

bool SharedDemand::OnNews(const std::string& from, std::string_view kind, std::string_view data,
                          base::TimePoint now) {
  if (kind == kWanted) {
    const base::MutexLock lock(mutex_);
    wanted_until_ = now + kWantedFor;
  } else if (kind == kLost) {
    const base::MutexLock lock(mutex_);
    if (data == peers_.name()) tell_anew_ = true;
  } else if (kind == kRows) {
    v1::DemandRows rows;
    if (!rows.ParseFromArray(data.data(), static_cast<int>(data.size()))) return true;
    bool missed = false;
    {
      const base::MutexLock lock(mutex_);
      if (!wants_) return true;
      missed = !Take(others_[from], rows, now);
    }
    if (missed) peers_.Tell(kLost, from);
  } else {
    return false;
  }
  return true;
}

bool SharedDemand::Take(Other& other, const v1::DemandRows& rows, base::TimePoint now) {
  if (rows.begins()) {
    ++other.telling;
    other.next = rows.number();
  }
  if (rows.number() != other.next) {
    other.next = 0;
    if (other.asked_at != base::TimePoint::min() && now - other.asked_at < kInterval) return true;
    other.asked_at = now;
    return false;
  }
  ++other.next;
  for (const v1::DemandRow& row : rows.rows()) Take(other, row);
  if (rows.completes()) Forget(other, /*all=*/false);
  return true;
}

void SharedDemand::Take(Other& other, const v1::DemandRow& row) {
  const auto nanoseconds = static_cast<int64_t>(row.min_interval_ns());
  const auto connections = static_cast<int64_t>(row.connections());
  const base::Duration min_interval =
      std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(nanoseconds));
  Key key(row.filters(), nanoseconds);
  auto at = other.rows.find(key);
  if (at == other.rows.end()) {
    std::optional<window::Filters> filters = ParseFilters(row.filters());
    if (!filters || connections == 0) return;
    row_bytes_ += BytesOf(row.filters());
    at = other.rows.emplace(std::move(key), Row{.filters = *std::move(filters)}).first;
  }
  at->second.telling = other.telling;
  const int64_t by = connections - std::exchange(at->second.connections, connections);
  if (by != 0) demand_.Change(at->second.filters, min_interval, by);
  if (connections != 0) return;
  row_bytes_ -= BytesOf(row.filters());
  other.rows.erase(at);
}

void SharedDemand::Forget(Other& other, bool all) {
  std::erase_if(other.rows, [&](const auto& entry) {
    const auto& [key, row] = entry;
    if (!all && row.telling == other.telling) return false;
    demand_.Change(row.filters,
                   std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(key.second)),
                   -row.connections);
    row_bytes_ -= BytesOf(key.first);
    return true;
  });
}

void SharedDemand::OnPeerGone(const std::string& name) {
  const base::MutexLock lock(mutex_);
  const auto at = others_.find(name);
  if (at == others_.end()) return;
  Forget(at->second, /*all=*/true);
  others_.erase(at);
}

size_t SharedDemand::memory_bytes() const {
  const base::MutexLock lock(mutex_);
  return row_bytes_ + table_.memory_bytes();
}

}  // namespace ssegw::connections
