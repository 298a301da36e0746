#ifndef SSEGW_INTERNAL_NATS_LINK_H_
#define SSEGW_INTERNAL_NATS_LINK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/nats/message.h"

namespace ssegw::nats {

class Loop;

// Which subscription a message has come by. The subject does not tell: a message that a consumer
// delivers has the subject that it was published to.
using SubscriptionId = uint64_t;

// What a link tells.
//
// Thread: the loop's, or one of libnats', one call at a time. A call must be short, and must not
//         call the link.
class LinkListener {
 public:
  virtual void OnMessage(SubscriptionId subscription, Message message) = 0;
  // The server refused something without saying to whom: a permission that is missing.
  virtual void OnRefused(std::string_view text) = 0;
  // Once, and the last that is heard: the connection is closed, by whomever. The server may also
  // have said that it is about to go (lame duck): what is in flight then has no answer yet.
  virtual void OnClosed(std::string_view reason) = 0;

 protected:
  ~LinkListener() = default;
};

struct OutgoingMessage {
  std::string_view subject;
  std::string_view reply = {};  // where an answer goes; empty: nobody waits for one
  std::vector<HeaderField> header = {};
  std::string_view data = {};
};

struct ServerInfo {
  std::string address;     // "host:port"
  size_t max_payload = 0;  // bytes; header and data together
};

// One connection to one server. When it is lost it is over: nothing is buffered for a later one.
//
// Thread:   that of its loop, from Start on. Lifetime: loop and listener outlive it; when its
//           destructor has returned the listener is not called any more.
// Errors:   UNAVAILABLE: the connection is closed, nothing was sent.
//           INVALID_ARGUMENT: larger than max_payload, nothing was sent.
class Link {
 public:
  virtual ~Link() = default;

  // Before all else, once: from now on it is of that loop, and the listener is called.
  virtual void Start(Loop& loop) = 0;
  // The socket has it at the end of the loop's turn at the latest. What is sent is not yet
  // received.
  virtual absl::Status Publish(const OutgoingMessage& message) = 0;
  // What has arrived before Unsubscribe may still come after it.
  virtual absl::Status Subscribe(SubscriptionId id, std::string_view subject) = 0;
  virtual void Unsubscribe(SubscriptionId id) = 0;

  virtual const ServerInfo& server() const = 0;
};

// Makes links. An implementation for the server, and one for tests.
//
// Thread: any.
class Dialer {
 public:
  virtual ~Dialer() = default;

  // Blocks, for the connect timeout of each server at most.
  // Errors: UNAVAILABLE: no server could be reached. PERMISSION_DENIED: one refused the
  //         credentials. FAILED_PRECONDITION: a file of credentials cannot be read or used.
  virtual absl::StatusOr<std::unique_ptr<Link>> Dial(LinkListener& listener) = 0;
  // A dial that is going on, and each one after it, ends at once with UNAVAILABLE.
  virtual void Stop() = 0;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LINK_H_
