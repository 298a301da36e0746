#include "tests/unit/fanout/model_log.h"

#include <algorithm>

#include "internal/base/concat.h"

namespace ssegw::fanout {

std::string ModelEvent::wire_data(bool envelope) const {
  if (deleted) return base::Concat("{\"topic\":\"", topic, "\",\"key\":\"", key, "\"}");
  if (!envelope) return json;
  return base::Concat("{\"topic\":\"", topic, "\",\"key\":\"", key,
                      "\",\"time\":\"1970-01-01T00:00:00.000Z\",\"data\":", json, "}");
}

void ModelLog::Append(ModelEvent event) {
  const std::string name = event.name();
  topics_.insert(event.topic);
  log_.push_back(std::move(event));
  const uint64_t seq = head();
  const ModelEvent& appended = log_.back();
  if (const auto older = newest_.find(name); older != newest_.end()) Drop(older->second);
  newest_[name] = seq;
  if (appended.deleted) {
    tombstones_.insert(seq);
    state_.erase(name);
  } else {
    live_.insert(seq);
    live_bytes_ += appended.frame_bytes;
    state_[name] = seq;
  }
  while (live_.size() > limits_.snapshot_max_keys ||
         (live_bytes_ > limits_.snapshot_max_bytes && live_.size() > 1)) {
    Forget(live_);
  }
  if (tombstones_.size() > limits_.snapshot_max_keys) Forget(tombstones_);
  window_bytes_ += appended.frame_bytes;
  while (seq - window_start_ > limits_.max_events ||
         (window_bytes_ > limits_.max_bytes && seq - window_start_ > 1)) {
    PopOldest();
  }
}

void ModelLog::Forget(std::set<uint64_t>& seqs) {
  forgotten_.push_back(*seqs.begin());
  Drop(*seqs.begin());
}

void ModelLog::Drop(uint64_t seq) {
  newest_.erase(at(seq).name());
  if (live_.erase(seq) == 1) live_bytes_ -= at(seq).frame_bytes;
  tombstones_.erase(seq);
}

void ModelLog::PopOldest() { window_bytes_ -= at(++window_start_).frame_bytes; }

void ModelLog::ExpireByAge(base::TimePoint now) {
  while (window_start_ < head() && now - at(window_start_ + 1).received_at > limits_.max_age) {
    PopOldest();
  }
}

std::optional<uint64_t> ModelLog::FirstOf(const std::string& message_id) const {
  for (const Remembered& entry : remembered_) {
    if (entry.message_id == message_id) return entry.seq;
  }
  return std::nullopt;
}

void ModelLog::Remember(const std::string& message_id, uint64_t seq, base::TimePoint at) {
  if (options_.dedup_window == base::Duration::zero()) return;
  remembered_.push_back({.message_id = message_id, .seq = seq, .at = at});
  if (remembered_.size() > options_.max_message_ids) remembered_.pop_front();
}

void ModelLog::ForgetMessageIds(base::TimePoint now) {
  while (!remembered_.empty() && now - remembered_.front().at > options_.dedup_window) {
    remembered_.pop_front();
  }
}

std::vector<uint64_t> ModelLog::Expired(base::TimePoint now) const {
  std::vector<uint64_t> expired;
  for (const uint64_t seq : live_) {
    if (at(seq).expires_at <= now) expired.push_back(seq);
  }
  std::sort(expired.begin(), expired.end(), [&](uint64_t a, uint64_t b) {
    return std::pair(at(a).expires_at, a) < std::pair(at(b).expires_at, b);
  });
  return expired;
}

ModelLog::State ModelLog::Snapshot(const window::Filters& filters) const {
  State snapshot;
  for (const uint64_t seq : live_) {
    if (filters.Matches(at(seq).topic)) snapshot[at(seq).name()] = seq;
  }
  return snapshot;
}

uint64_t ModelLog::CountMatching(const window::Filters& filters, uint64_t after,
                                 uint64_t up_to) const {
  uint64_t count = 0;
  for (uint64_t seq = after + 1; seq <= up_to; ++seq) {
    if (filters.Matches(at(seq).topic)) ++count;
  }
  return count;
}

ModelLog::Loss ModelLog::LostOf(window::ReadMode mode, const window::Filters& filters,
                                uint64_t cursor, const Moment& moment) const {
  if (mode == window::ReadMode::kEvery) {
    if (cursor >= moment.window_start) return Loss::kNone;
    return CountMatching(filters, cursor, moment.window_start) > 0 ? Loss::kSome : Loss::kOfOthers;
  }
  Loss loss = Loss::kNone;
  for (size_t i = 0; i < moment.forgotten; ++i) {
    if (forgotten_[i] <= cursor) continue;
    if (filters.Matches(at(forgotten_[i]).topic)) return Loss::kSome;
    loss = Loss::kOfOthers;
  }
  return loss;
}

bool ModelLog::MayConfuse(window::ReadMode mode, const window::Filters& filters) const {
  if (mode == window::ReadMode::kNewest) return !kLatestIsResetOnlyForLoss;
  // A topic of which nothing is held is remembered together with all others like it.
  return !kAllIsResetOnlyForLoss || !forgotten_.empty() || !Indexed(filters);
}

bool ModelLog::Indexed(const window::Filters& filters) const {
  size_t matches = 0;
  for (const window::FilterView& filter : filters.all()) {
    for (const std::string& topic : topics_) matches += filter.Matches(topic) ? 1 : 0;
  }
  return matches <= window::TopicIndex::kAlwaysMatches;
}

}  // namespace ssegw::fanout
