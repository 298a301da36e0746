#include "internal/store/memory_store.h"

#include <utility>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::store {
namespace {

// So that a million keys that run out together do not hold up the caller.
constexpr size_t kMaxExpiredPerTick = 10'000;

}  // namespace

MemoryStore::MemoryStore(window::Window* window, MemoryStoreOptions options)
    : window_(window), options_(options) {}

absl::StatusOr<Appended> MemoryStore::Append(const ValidEvent& event) {
  const size_t json_bytes = event.content.json.size();
  if (json_bytes > options_.max_json_bytes) {
    return absl::InvalidArgumentError(base::Concat("event takes ", json_bytes,
                                                   " bytes as JSON, exceeds the window's ",
                                                   options_.max_json_bytes));
  }
  base::RefPtr<sse::Frame> frame = sse::Frame::Create(event.content);
  const bool remember = !event.message_id.empty() && options_.dedup_window > base::Duration::zero();
  base::MutexLock lock(mutex_);
  if (remember) {
    if (const auto first = seq_by_message_id_.find(event.message_id);
        first != seq_by_message_id_.end()) {
      return Appended{.id = sse::FormatEventId(window_->epoch(), first->second), .duplicate = true};
    }
  }
  if (full_.load(std::memory_order_relaxed) && !event.content.deleted) {
    return absl::ResourceExhaustedError("the gateway is short of memory: publish it again later");
  }
  const base::TimePoint received_at = event.content.received_at;
  const uint64_t seq = window_->Append(std::move(frame));
  if (remember) {
    const auto entry = seq_by_message_id_.emplace(event.message_id, seq).first;
    remembered_.push_back({.at = received_at, .message_id = entry->first});
    message_id_bytes_ += event.message_id.size();
    while (message_id_bytes_ > options_.max_message_id_bytes ||
           remembered_.size() > options_.max_message_ids) {
      // One that is over its time only waits for the tick.
      if (received_at - remembered_.front().at <= options_.dedup_window) ++forgotten_;
      ForgetOldestMessageId();
    }
  }
  return Appended{.id = sse::FormatEventId(window_->epoch(), seq), .duplicate = false};
}

void MemoryStore::ForgetOldestMessageId() {
  message_id_bytes_ -= remembered_.front().message_id.size();
  seq_by_message_id_.erase(remembered_.front().message_id);
  remembered_.pop_front();
}

MemoryStore::MessageIds MemoryStore::message_ids() const {
  base::MutexLock lock(mutex_);
  return {.remembered = remembered_.size(),
          .bytes = 2 * message_id_bytes_ + remembered_.size() * kBytesPerMessageId,
          .forgotten = forgotten_};
}

void MemoryStore::Tick(base::TimePoint now) {
  {
    base::MutexLock lock(mutex_);
    while (!remembered_.empty() && now - remembered_.front().at > options_.dedup_window) {
      ForgetOldestMessageId();
    }
  }
  for (const sse::FramePtr& frame : window_->Expired(now, kMaxExpiredPerTick)) {
    window_->AppendDeletionOf(
        frame->seq(),
        sse::Frame::Create(
            {.topic = frame->topic(), .key = frame->key(), .deleted = true, .received_at = now}));
  }
  window_->ExpireByAge(now);
}

}  // namespace ssegw::store
