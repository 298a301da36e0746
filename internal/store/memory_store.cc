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
  return AppendNow(std::move(event));
}

AppendResult MemoryStore::AppendNow(ValidEvent event) {
  const size_t json_bytes = event.frame->json().size();
  if (json_bytes > options_.max_json_bytes) {
    return absl::InvalidArgumentError(base::Concat("event takes ", json_bytes,
                                                   " bytes as JSON, exceeds the window's ",
                                                   options_.max_json_bytes));
  }
  const bool remember = !event.message_id.empty() && options_.dedup_window > base::Duration::zero();
  const base::TimePoint received_at = event.frame->received_at();
  base::MutexLock lock(mutex_);
  if (remember) {
    if (const auto first = seq_by_message_id_.find(event.message_id);
        first != seq_by_message_id_.end()) {
      return Appended{.id = sse::FormatEventId(epoch_, first->second), .duplicate = true};
    }
  }
  if (full_.load(std::memory_order_relaxed) && !event.frame->deleted()) {
    return absl::ResourceExhaustedError("the gateway is short of memory: publish it again later");
  }
  const uint64_t seq = window_.Append(std::move(event.frame));
  appended_.fetch_add(1, std::memory_order_relaxed);
  if (remember) {
    seq_by_message_id_.emplace(event.message_id, seq);
    message_id_bytes_ += event.message_id.size();
    remembered_.push_back({.at = received_at, .message_id = std::move(event.message_id)});
    while (message_id_bytes_ > options_.max_message_id_bytes ||
           remembered_.size() > options_.max_message_ids) {
      // One that is over its time only waits for the tick.
      if (received_at - remembered_.front().at <= options_.dedup_window) ++forgotten_;
      ForgetOldestMessageId();
    }
  }
  return Appended{.id = sse::FormatEventId(epoch_, seq), .duplicate = false};
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
    const uint64_t seq = window_.AppendDeletionOf(
        frame->seq(),
        sse::Frame::Create(
            {.topic = frame->topic(), .key = frame->key(), .deleted = true, .received_at = now}));
    if (seq != 0) appended_.fetch_add(1, std::memory_order_relaxed);
  }
  window_.ExpireByAge(now);
}

}  // namespace ssegw::store
