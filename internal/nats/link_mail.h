#ifndef SSEGW_INTERNAL_NATS_LINK_MAIL_H_
#define SSEGW_INTERNAL_NATS_LINK_MAIL_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"

namespace ssegw::nats {

// Makes tasks of the loop of what a link tells, on whatever thread: so that who is told may drop
// the link. Many messages make one task.
//
// Thread:   OnMessage, OnRefused, OnClosed: the link's. All else: the loop's.
// Lifetime: shared; the loop outlives the link. After Close nobody is told anything.
class LinkMail final : public LinkListener, public std::enable_shared_from_this<LinkMail> {
 public:
  struct Receiver {
    std::function<void(SubscriptionId, Message)> message;
    std::function<void(std::string)> refused;
    std::function<void(std::string)> closed;
  };
  LinkMail(Loop& loop, Receiver receiver) : loop_(loop), receiver_(std::move(receiver)) {}

  void Close() { open_ = false; }
  bool open() const { return open_; }

  void OnMessage(SubscriptionId subscription, Message message) override;
  void OnRefused(std::string_view text) override;
  void OnClosed(std::string_view reason) override;

 private:
  using Mail = std::vector<std::pair<SubscriptionId, Message>>;

  void Deliver();

  Loop& loop_;
  const Receiver receiver_;
  bool open_ = true;
  base::Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LINK_MAIL_H_
