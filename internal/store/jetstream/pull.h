#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_PULL_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_PULL_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/nats/while_alive.h"

namespace ssegw::store::jetstream {

// Where a message stands in its stream.
struct Delivery {
  uint64_t seq = 0;
  // When the server stored it, in ns since 1970. Two messages of one seq that differ in it are two.
  int64_t stored_ns = 0;
  // How many of the consumer's come after it.
  uint64_t pending = 0;
};
// Out of the reply subject of a message that a consumer delivered; nullopt: it is none.
std::optional<Delivery> ParseDelivery(std::string_view reply);

// Why a consumer is no more.
enum class PullEnd {
  kSilent,    // the server has said nothing for too long
  kDeleted,   // the server says so
  kNoStream,  // its stream is not there
};

// Thread: the loop's. Each call is the last thing that a Pull does: it may be destroyed within.
class PullListener {
 public:
  // The consumer is there, and has that many messages to deliver.
  virtual void OnBegin(uint64_t pending) = 0;
  virtual void OnDelivery(const Delivery& delivery, nats::Message message) = 0;
  // Nothing comes after this.
  virtual void OnEnd(PullEnd end) = 0;

 protected:
  ~PullListener() = default;
};

struct PullOptions {
  std::string stream;
  // The first seq that is wanted; 0: the first that there is.
  uint64_t start_seq = 0;
  // What is wanted; empty: all.
  std::string subject = {};
};

// Reads one stream through a consumer of its own, which has no name that lasts and acknowledges
// nothing: makes it, asks for messages, again when half of them have come, and notices when it is
// gone.
//
// What the server says is not enough to notice: a consumer whose node died says nothing, and
// neither does 2.9.10 when it is asked for messages of a consumer that it does not have. So
// heartbeats are asked for, and three of them that are missing are the end.
//
// Thread:   the loop's. Lifetime: the link and the listener outlive it.
// Cost:     a request every 500 messages, and a timer twice a second.
class Pull {
 public:
  static constexpr size_t kBatch = 1000;
  // Of a batch, so that large events do not come faster than they are taken in. Two are out at
  // most.
  static constexpr size_t kMaxBytes = size_t{16} * 1024 * 1024;
  static constexpr base::Duration kExpires = std::chrono::seconds(30);
  static constexpr base::Duration kHeartbeat = std::chrono::milliseconds(500);
  static constexpr base::Duration kSilence = 3 * kHeartbeat;
  // A request to make the consumer that has no answer is sent again.
  static constexpr base::Duration kCreateTimeout = std::chrono::milliseconds(500);
  static constexpr base::Duration kCreatePause = std::chrono::milliseconds(200);

  Pull(nats::OpenLink& link, PullListener& listener, PullOptions options);
  ~Pull();
  Pull(const Pull&) = delete;
  Pull& operator=(const Pull&) = delete;

  // A message of its subscription.
  void OnMessage(nats::Message message);
  nats::SubscriptionId subscription() const { return subscription_; }

  // Another is told of what comes.
  void SetListener(PullListener& listener) { listener_ = &listener; }

  // When the server was last heard of; at first, when the consumer was asked for.
  base::TimePoint heard_at() const { return heard_at_; }

  // Held, it asks for no more: what was asked for still comes.
  void Hold(bool hold);

 private:
  // A request for messages.
  struct Batch {
    uint64_t number;
    size_t left;
  };

  void Create();
  void OnCreateReply(nats::Reply reply);
  void CreateLater();
  void OnStatus(const nats::Message& message);
  void DropBatch(std::string_view subject);
  void AskForMore();
  void Watch();
  void End(PullEnd end);

  nats::OpenLink& link_;
  PullListener* listener_;
  const PullOptions options_;
  const nats::SubscriptionId subscription_;
  std::string name_;  // of the consumer
  size_t tries_ = 0;
  const std::string inbox_;  // with the dot before a request's number

  bool created_ = false;
  bool ended_ = false;
  bool held_ = false;
  // What is asked for and has not come.
  size_t outstanding_ = 0;
  uint64_t last_batch_ = 0;
  std::deque<Batch> batches_;
  base::TimePoint heard_at_;
  std::optional<nats::Loop::Timer> timer_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_PULL_H_
