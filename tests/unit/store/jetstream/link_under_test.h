#ifndef SSEGW_TESTS_UNIT_STORE_JETSTREAM_LINK_UNDER_TEST_H_
#define SSEGW_TESTS_UNIT_STORE_JETSTREAM_LINK_UNDER_TEST_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "internal/nats/loop.h"
#include "internal/nats/open_link.h"
#include "internal/nats/requests.h"
#include "tests/testing/fake_jetstream.h"
#include "tests/testing/fake_nats.h"

namespace ssegw::store::jetstream {

// A loop in played time, and a link of it to a server that is played too.
class LinkUnderTest final : private nats::LinkListener {
 public:
  static constexpr base::TimePoint kStart{std::chrono::hours(1)};
  static constexpr base::Duration kStep = std::chrono::milliseconds(50);

  explicit LinkUnderTest(testing::FakeJetStream& server) : server_(server) {
    server_.Attach(nats_);
    RunAt(kStart);
    Open();
  }
  ~LinkUnderTest() { Drop(); }

  // A new link; what uses the one before is gone.
  void Open() {
    link_ = *nats_.Dial(*this);
    requests_ = std::make_unique<nats::Requests>(loop_, *link_, kReplies, "_INBOX.x");
    open_.emplace(
        nats::OpenLink{.loop = loop_, .link = *link_, .requests = *requests_, .name = "x"});
    open_->last_subscription = kReplies;
  }
  void Drop() {
    requests_.reset();
    link_.reset();
  }

  // Where messages of consumers go.
  void Receive(std::function<void(nats::SubscriptionId, nats::Message)> receive) {
    receive_ = std::move(receive);
  }

  void RunAt(base::TimePoint now) {
    now_ = now;
    server_.Tick(now_);
    loop_.RunDue(now_);
  }
  void Run(base::Duration duration = base::Duration::zero()) {
    for (const base::TimePoint end = now_ + duration; now_ < end;) RunAt(now_ + kStep);
    loop_.RunDue(now_);
  }

  base::TimePoint now() const { return now_; }
  nats::Loop& loop() { return loop_; }
  nats::OpenLink& open() { return *open_; }
  testing::FakeNats& nats() { return nats_; }

 private:
  static constexpr nats::SubscriptionId kReplies = 1;

  void OnMessage(nats::SubscriptionId id, nats::Message message) override {
    loop_.Post([this, id, message = std::move(message)]() mutable {
      if (id == kReplies) {
        if (requests_) requests_->OnMessage(std::move(message));
      } else if (receive_) {
        receive_(id, std::move(message));
      }
    });
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {}

  testing::FakeJetStream& server_;
  testing::FakeNats nats_;
  nats::Loop loop_;
  base::TimePoint now_;
  std::unique_ptr<nats::Link> link_;
  std::unique_ptr<nats::Requests> requests_;
  std::optional<nats::OpenLink> open_;
  std::function<void(nats::SubscriptionId, nats::Message)> receive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_TESTS_UNIT_STORE_JETSTREAM_LINK_UNDER_TEST_H_
