#include "internal/net/stream/message_mail.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "internal/net/stream/connection.h"

namespace ssegw::net {
namespace {

using fanout::MessageFate;

void Tell(fanout::Message& message, MessageFate fate) {
  if (message.done) std::exchange(message.done, nullptr)(fate);
}

}  // namespace

MessageMail::~MessageMail() {
  std::deque<Letter> left;
  {
    const base::MutexLock lock(mutex_);
    left.swap(letters_);
  }
  for (Letter& letter : left) Tell(letter.message, MessageFate::kGone);
}

size_t MessageMail::MemoryOf(const Letter& letter) {
  return sizeof(Letter) + letter.message.text.size();
}

void MessageMail::Post(uint64_t number, fanout::Message message) {
  Letter letter{.number = number, .message = std::move(message)};
  bool is_full = false;
  bool wakes = false;
  {
    const base::MutexLock lock(mutex_);
    const size_t bytes = MemoryOf(letter);
    is_full = bytes_ > 0 && bytes_ + bytes > kMaxBytes;
    if (!is_full) {
      bytes_ += bytes;
      letters_.push_back(std::move(letter));
      wakes = !std::exchange(woken_, true);
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): it was moved only where there was room.
  if (is_full) Tell(letter.message, MessageFate::kFull);
  if (wakes) shard_.loop().Post([this] { Deliver(); });
}

void MessageMail::Deliver() {
  bool more = false;
  {
    const base::MutexLock lock(mutex_);
    const size_t count = std::min(letters_.size(), kMessagesPerTurn);
    const auto end = letters_.begin() + static_cast<ptrdiff_t>(count);
    for (auto letter = letters_.begin(); letter != end; ++letter) bytes_ -= MemoryOf(*letter);
    turn_.assign(std::make_move_iterator(letters_.begin()), std::make_move_iterator(end));
    letters_.erase(letters_.begin(), end);
    more = woken_ = !letters_.empty();
  }
  const base::TimePoint now = base::Now();
  for (Letter& letter : turn_) {
    const MessageFate fate = Queue(letter, now);
    if (fate != MessageFate::kQueued) {
      shard_.fanout().stats().messages[fate].Add();
      Tell(letter.message, fate);
    } else if (written_to_.empty() || written_to_.back() != letter.number) {
      written_to_.push_back(letter.number);
    }
  }
  turn_.clear();
  // One may be gone: by what another one of its session did.
  for (const uint64_t number : written_to_) {
    if (Connection* const connection = shard_.connections().Find(number)) connection->Flush(now);
  }
  written_to_.clear();
  if (more) shard_.loop().Post([this] { Deliver(); });
}

MessageFate MessageMail::Queue(Letter& letter, base::TimePoint now) {
  if (now >= letter.message.deadline) return MessageFate::kExpired;
  Connection* const connection = shard_.connections().Find(letter.number);
  return connection == nullptr ? MessageFate::kNotFound : connection->Queue(letter.message, now);
}

}  // namespace ssegw::net
