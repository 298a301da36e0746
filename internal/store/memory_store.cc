#include "internal/store/memory_store.h"

#include <utility>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::store {
namespace {

// So that a million keys that run out together do not hold up the caller.
constexpr size_t kMaxExpiredPerTick = 10'000;

}  // namespace

MemoryStore::MemoryStore(window::Window& window, MemoryStoreOptions options)
    : window_(window), epoch_(window.epoch()), options_(options) {}

std::optional<AppendResult> MemoryStore::Append(ValidEvent event, MakeAppendDone /*make_done*/) {
  const base::MutexLock lock(mutex_);
  if (std::optional<Placed> answer = AnswerTo(event)) {
    if (!answer->status.ok()) return std::move(answer->status);
    return Appended{.id = sse::FormatEventId(epoch_, answer->seq), .duplicate = true};
  }
  const base::TimePoint received_at = event.frame->received_at();
  const bool remember = Remembers(event);
  const uint64_t seq = window_.Append(std::move(event.frame));
  appended_.fetch_add(1, std::memory_order_relaxed);
  if (remember) Remember(std::move(event.message_id), received_at, seq);
  return Appended{.id = sse::FormatEventId(epoch_, seq), .duplicate = false};
}

PlacedEvents MemoryStore::AppendAll(std::span<ValidEvent> events) {
  PlacedEvents placed{.epoch = epoch_, .events = std::vector<Placed>(events.size())};
  std::vector<base::RefPtr<sse::Frame>> frames;
  frames.reserve(events.size());
  const base::MutexLock lock(mutex_);
  // Whoever appends has the lock: so these are the seqs that the window will give.
  const uint64_t head = window_.head();
  for (size_t i = 0; i < events.size(); ++i) {
    ValidEvent& event = events[i];
    if (std::optional<Placed> answer = AnswerTo(event)) {
      placed.events[i] = *std::move(answer);
      continue;
    }
    const uint64_t seq = head + frames.size() + 1;
    placed.events[i].seq = seq;
    if (Remembers(event)) {
      Remember(std::move(event.message_id), event.frame->received_at(), seq);
    }
    frames.push_back(std::move(event.frame));
  }
  window_.AppendAll(frames);
  appended_.fetch_add(frames.size(), std::memory_order_relaxed);
  return placed;
}

std::optional<Placed> MemoryStore::AnswerTo(const ValidEvent& event) const {
  const size_t json_bytes = event.frame->json().size();
  if (json_bytes > options_.max_json_bytes) {
    return Placed{.status = absl::InvalidArgumentError(base::Concat(
                      "event takes ", json_bytes, " bytes as JSON, exceeds the window's ",
                      options_.max_json_bytes))};
  }
  if (Remembers(event)) {
    if (const auto first = seq_by_message_id_.find(event.message_id);
        first != seq_by_message_id_.end()) {
      return Placed{.seq = first->second, .duplicate = true};
    }
  }
  if (full_.load(std::memory_order_relaxed) && !event.frame->deleted()) {
    return Placed{.status = absl::ResourceExhaustedError(
                      "the gateway is short of memory: publish it again later")};
  }
  return std::nullopt;
}

void MemoryStore::Remember(std::string message_id, base::TimePoint received_at, uint64_t seq) {
  seq_by_message_id_.emplace(message_id, seq);
  message_id_bytes_ += message_id.size();
  remembered_.push_back({.at = received_at, .message_id = std::move(message_id)});
  while (message_id_bytes_ > options_.max_message_id_bytes ||
         remembered_.size() > options_.max_message_ids) {
    // One that is over its time only waits for the tick.
    if (received_at - remembered_.front().at <= options_.dedup_window) ++forgotten_;
    ForgetOldestMessageId();
  }
}

void MemoryStore::ForgetOldestMessageId() {
  message_id_bytes_ -= remembered_.front().message_id.size();
  seq_by_message_id_.erase(remembered_.front().message_id);
  remembered_.pop_front();
}

StoreStats MemoryStore::stats() const {
  base::MutexLock lock(mutex_);
  return {.appended = appended_.load(std::memory_order_relaxed),
          .message_ids = {.remembered = remembered_.size(),
                          .bytes = 2 * message_id_bytes_ + remembered_.size() * kBytesPerMessageId,
                          .forgotten = forgotten_}};
}

void MemoryStore::Tick(base::TimePoint now) {
  {
    base::MutexLock lock(mutex_);
    while (!remembered_.empty() && now - remembered_.front().at > options_.dedup_window) {
      ForgetOldestMessageId();
    }
  }
  for (const sse::FramePtr& frame : window_.Expired(now, kMaxExpiredPerTick)) {
    const base::MutexLock lock(mutex_);
    const uint64_t seq = window_.AppendDeletionOf(
        frame->seq(),
        sse::Frame::Create(
            {.topic = frame->topic(), .key = frame->key(), .deleted = true, .received_at = now}));
    if (seq != 0) appended_.fetch_add(1, std::memory_order_relaxed);
  }
  window_.ExpireByAge(now);
}

}  // namespace ssegw::store
