#ifndef SSEGW_TESTS_TESTING_FAKE_NATS_H_
#define SSEGW_TESTS_TESTING_FAKE_NATS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/nats/link.h"

namespace ssegw::testing {

// What a link was asked to send.
struct SentMessage {
  std::string subject;
  std::string reply;
  std::map<std::string, std::string> header;
  std::string data;
};

// A server of NATS that is played by a test: it makes links that record what is sent, and delivers
// what the test says. It answers nothing by itself, unless it is given OnSent.
//
// Thread:   any. What it delivers comes within the call that delivers.
// Lifetime: outlives its links.
class FakeNats final : public nats::Dialer {
 public:
  FakeNats() = default;
  ~FakeNats() override;

  // Of the product.
  absl::StatusOr<std::unique_ptr<nats::Link>> Dial(nats::LinkListener& listener) override;
  // No dial of it waits.
  void Stop() override {}

  // What the next dials are answered with, until another is given; OK: they succeed.
  void AnswerDials(absl::Status status);
  size_t dials() const;
  // Of links that are dialled from now on.
  void SetServer(nats::ServerInfo server);

  // Called for each message that a link sends, instead of keeping it for TakeSent. Within Publish.
  void OnSent(std::function<void(const SentMessage&)> on_sent);
  // What has been sent since the last call.
  std::vector<SentMessage> TakeSent();

  // Whether there is a link that is not closed.
  bool connected() const;
  bool subscribes_to(std::string_view subject) const;
  // The subscriptions of the link, by id.
  std::map<nats::SubscriptionId, std::string> subscriptions() const;

  // To the one who subscribed to where the message asks its answer to; nothing where nobody does,
  // or the link is closed.
  void Answer(const SentMessage& message, std::string_view data);
  void AnswerStatus(const SentMessage& message, int status, std::string_view description = "");
  // To a subscription whatever its subject is, as messages of a consumer come.
  void Deliver(nats::SubscriptionId subscription, nats::Message message);
  // By the subject that a subscription has.
  void DeliverTo(std::string_view subject, nats::Message message);
  // The server refuses something.
  void Refuse(std::string_view text);
  // The link is lost: it sends and delivers nothing any more.
  void Close(std::string_view reason);

 private:
  class FakeLink;

  // Of the link that was dialled last.
  struct State {
    FakeLink* link = nullptr;
    nats::LinkListener* listener = nullptr;
    std::map<nats::SubscriptionId, std::string> subscriptions;
  };

  absl::Status Publish(const FakeLink* link, const nats::OutgoingMessage& message);
  absl::Status Subscribe(const FakeLink* link, nats::SubscriptionId id, std::string_view subject);
  void Unsubscribe(const FakeLink* link, nats::SubscriptionId id);
  void Forget(const FakeLink* link);
  nats::LinkListener* Find(std::string_view subject, nats::SubscriptionId& id) const;

  mutable base::Mutex mutex_;
  absl::Status dial_answer_ ABSL_GUARDED_BY(mutex_);
  size_t dials_ ABSL_GUARDED_BY(mutex_) = 0;
  nats::ServerInfo server_ ABSL_GUARDED_BY(mutex_) = {.address = "fake:4222",
                                                      .max_payload = 1048576};
  std::function<void(const SentMessage&)> on_sent_ ABSL_GUARDED_BY(mutex_);
  std::vector<SentMessage> sent_ ABSL_GUARDED_BY(mutex_);
  // No link: it is closed, or none has been dialled.
  std::optional<State> state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_FAKE_NATS_H_
