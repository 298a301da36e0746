#ifndef SSEGW_INTERNAL_NATS_REQUESTS_H_
#define SSEGW_INTERNAL_NATS_REQUESTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"

namespace ssegw::nats {

// The answer to a request, or why there is none:
//   UNAVAILABLE        nobody listens there ("no responders"): what was asked for was not done
//   CANCELLED          the link is closed, so it was not sent
//   DEADLINE_EXCEEDED  no answer in time: it may have been done, or may be later
//   ABORTED            the link went while the request was out: the same
//   INVALID_ARGUMENT   larger than the server takes: not sent
using Reply = absl::StatusOr<Message>;
using OnReply = absl::AnyInvocable<void(Reply) &&>;

// Requests over one link: each done is called exactly once, on the loop's thread, never within Ask.
// A done may ask again, but not while the destructor ends what is left.
//
// Thread:   the loop's. Lifetime: loop and link outlive it.
// Cost:     a request: a hash slot and a timer.
class Requests {
 public:
  // Subscribes to inbox + ".*", where the answers come.
  Requests(Loop& loop, Link& link, SubscriptionId subscription, std::string inbox);
  // Ends what is left with ABORTED, at once.
  ~Requests();
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  void Ask(std::string_view subject, const std::vector<HeaderField>& header, std::string_view data,
           base::Duration timeout, OnReply done);

  // A message of its subscription. One that nobody waits for any more is dropped.
  void OnMessage(Message message);

  size_t pending() const { return pending_.size(); }
  const ServerInfo& server() const { return link_.server(); }

 private:
  struct Pending {
    Loop::Timer deadline;
    OnReply done;
    // Why it was never sent; OK: it was.
    absl::Status unsent = {};
  };

  void End(uint64_t number, Reply reply);
  void EndAtDeadline(uint64_t number);

  Loop& loop_;
  Link& link_;
  const SubscriptionId subscription_;
  const std::string inbox_;  // with the dot before the request's number
  uint64_t last_ = 0;
  absl::flat_hash_map<uint64_t, Pending> pending_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_REQUESTS_H_
