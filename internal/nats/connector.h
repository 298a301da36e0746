#ifndef SSEGW_INTERNAL_NATS_CONNECTOR_H_
#define SSEGW_INTERNAL_NATS_CONNECTOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "internal/nats/link.h"
#include "internal/nats/link_mail.h"
#include "internal/nats/loop.h"
#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/nats/requests.h"

namespace ssegw::nats {

// Thread: the loop's.
class ConnectorListener {
 public:
  // There is a link, until OnDisconnected.
  virtual void OnConnected(OpenLink& link) = 0;
  // It is over. What was asked over it ends right after this.
  virtual void OnDisconnected(const std::string& reason) = 0;
  // A message of a subscription of its own.
  virtual void OnMessage(SubscriptionId subscription, Message message) = 0;
  virtual void OnRefused(const std::string& text) = 0;
  // It tries on.
  virtual void OnDialFailed(const absl::Status& status) = 0;

 protected:
  ~ConnectorListener() = default;
};

// Keeps a link to a server: dials, and dials again, after a pause, when it is lost.
//
// Thread:   the loop's, from Start to the destructor, which tells nobody of its end.
// Lifetime: loop, dialer and listener outlive it. run_blocking has ended, or has dropped, what it
//           was given before the dialer goes.
class Connector {
 public:
  // Between two dials, for as long as kPatience after the link was lost; then up to kMaxPause.
  static constexpr base::Duration kMinPause = std::chrono::milliseconds(100);
  static constexpr base::Duration kShortPause = std::chrono::milliseconds(300);
  static constexpr base::Duration kPatience = std::chrono::seconds(10);
  static constexpr base::Duration kMaxPause = std::chrono::seconds(2);

  // Runs what blocks, on a thread of its own.
  using RunBlocking = std::function<void(std::function<void()>)>;

  struct Options {
    // A token of a subject that no other link has had, for each link.
    std::function<std::string()> new_name;
    // Answers to requests come below it: "<inbox>.<name>.…".
    std::string inbox = "_INBOX";
    uint64_t random_seed = 0;
  };
  Connector(Loop& loop, Dialer& dialer, RunBlocking run_blocking, ConnectorListener& listener,
            Options options);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  void Start();

 private:
  // A link, from its dialling on.
  struct Attached {
    std::shared_ptr<LinkMail> mail;
    // The link is over: it may be before its dial is told of.
    bool closed = false;
    std::unique_ptr<Link> link;
    std::unique_ptr<Requests> requests;
    std::unique_ptr<OpenLink> open;
  };

  void Dial();
  void OnDialled(absl::StatusOr<std::unique_ptr<Link>> link);
  void OnMail(SubscriptionId subscription, Message message);
  void OnClosed(const std::string& reason);
  void DialLater();
  base::Duration Pause();
  void Drop();

  Loop& loop_;
  Dialer& dialer_;
  const RunBlocking run_blocking_;
  ConnectorListener& listener_;
  const Options options_;
  std::mt19937_64 random_;
  std::unique_ptr<Attached> attached_;
  // Since when there is no link.
  base::TimePoint lost_at_;
  base::Duration pause_ = kShortPause;
  std::optional<Loop::Timer> timer_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_CONNECTOR_H_
