#ifndef SSEGW_INTERNAL_NET_STREAM_MESSAGE_MAIL_H_
#define SSEGW_INTERNAL_NET_STREAM_MESSAGE_MAIL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/fanout/message.h"
#include "internal/net/shard/shard_context.h"

namespace ssegw::net {

// Messages on their way from any thread to connections of one shard. A turn takes many of them, and
// each connection writes all that it got in that turn at once.
//
// Owns:     messages that the shard has not come to, kMaxBytes at most. Those that are left when it
//           is destroyed are told fanout::MessageFate::kGone.
// Thread:   Post any; the rest the shard's.
// Lifetime: the context outlives it; the loop runs no more when it goes.
// Cost:     a lock for each message; one wake-up for all that come before the shard's next turn.
class MessageMail {
 public:
  static constexpr size_t kMaxBytes = size_t{8} * 1024 * 1024;
  static constexpr size_t kMessagesPerTurn = 128;

  explicit MessageMail(ShardContext& shard) : shard_(shard) {}
  ~MessageMail();
  MessageMail(const MessageMail&) = delete;
  MessageMail& operator=(const MessageMail&) = delete;

  // For the connection of that number. The message hears what becomes of it.
  void Post(uint64_t number, fanout::Message message);

 private:
  struct Letter {
    uint64_t number;
    fanout::Message message;
  };

  static size_t MemoryOf(const Letter& letter);
  void Deliver();
  // Gives it to its connection; the fate is known unless that is kQueued.
  fanout::MessageFate Queue(Letter& letter, base::TimePoint now);

  ShardContext& shard_;
  base::Mutex mutex_;
  std::deque<Letter> letters_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // A turn is on its way.
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  // What a turn works with.
  std::vector<Letter> turn_;
  std::vector<uint64_t> written_to_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_MESSAGE_MAIL_H_
