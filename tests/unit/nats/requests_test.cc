#include "internal/nats/requests.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/testing/fake_nats.h"

namespace ssegw::nats {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeNats;
using testing::SentMessage;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
constexpr SubscriptionId kReplies = 7;

class RequestsTest : public ::testing::Test, public LinkListener {
 protected:
  RequestsTest() {
    loop_.RunDue(kStart);
    link_ = *nats_.Dial(*this);
    requests_ = std::make_unique<Requests>(loop_, *link_, kReplies, "_INBOX.x");
  }

  void OnMessage(SubscriptionId subscription, Message message) override {
    EXPECT_EQ(subscription, kReplies);
    requests_->OnMessage(std::move(message));
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {}

  // The status and what it answered, in the order of the answers.
  void Ask(std::string_view data, base::Duration timeout = seconds(2)) {
    requests_->Ask(
        "a.b", {{"Nats-Msg-Id", "m"}}, data, timeout,
        [this, name = std::string(data)](Reply reply) {
          ended_.push_back(name + ": " +
                           (reply.ok() ? std::string(reply->data()) : reply.status().ToString()));
        });
  }

  FakeNats nats_;
  Loop loop_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Requests> requests_;
  std::vector<std::string> ended_;
};

TEST_F(RequestsTest, BringsEachRequestItsOwnAnswer) {
  Ask("1");
  Ask("2");
  const std::vector<SentMessage> sent = nats_.TakeSent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].subject, "a.b");
  EXPECT_EQ(sent[0].header.at("Nats-Msg-Id"), "m");
  nats_.Answer(sent[1], "two");
  nats_.Answer(sent[0], "one");
  EXPECT_EQ(ended_, (std::vector<std::string>{"2: two", "1: one"}));
  EXPECT_EQ(requests_->pending(), 0U);
}

TEST_F(RequestsTest, DropsWhatNobodyWaitsForAnyMore) {
  Ask("1");
  const SentMessage sent = nats_.TakeSent().at(0);
  nats_.Answer(sent, "one");
  nats_.Answer(sent, "again");
  nats_.DeliverTo("_INBOX.x.9", Message::Make("_INBOX.x.9", "", "?"));
  nats_.DeliverTo("_INBOX.x.z", Message::Make("_INBOX.x.z", "", "?"));
  EXPECT_EQ(ended_, (std::vector<std::string>{"1: one"}));
}

TEST_F(RequestsTest, EndsWithoutAnAnswerInTime) {
  Ask("1", seconds(2));
  loop_.RunDue(kStart + milliseconds(1999));
  EXPECT_TRUE(ended_.empty());
  loop_.RunDue(kStart + seconds(2));
  EXPECT_EQ(ended_, (std::vector<std::string>{"1: DEADLINE_EXCEEDED: no answer in time"}));
  nats_.Answer(nats_.TakeSent().at(0), "late");
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(RequestsTest, TellsThatNobodyListens) {
  Ask("1");
  nats_.AnswerStatus(nats_.TakeSent().at(0), 503);
  EXPECT_EQ(ended_, (std::vector<std::string>{"1: UNAVAILABLE: no responders"}));
}

TEST_F(RequestsTest, WhatCannotBeSentEndsSoonButNotWithinTheCall) {
  nats_.Close("gone");
  Ask("1");
  EXPECT_TRUE(ended_.empty());
  loop_.RunDue(kStart);
  EXPECT_EQ(ended_, (std::vector<std::string>{"1: CANCELLED: connection closed"}));
}

TEST_F(RequestsTest, EndsWhatIsLeftWithItAndWhatWasNeverSentAsSuch) {
  Ask("1");
  Ask("2");
  nats_.Close("gone");
  Ask("3");
  requests_.reset();
  EXPECT_EQ(ended_, (std::vector<std::string>{"1: ABORTED: the connection was lost",
                                              "2: ABORTED: the connection was lost",
                                              "3: CANCELLED: connection closed"}));
  loop_.RunDue(kStart + seconds(10));
  EXPECT_EQ(ended_.size(), 3U);
}

TEST_F(RequestsTest, WhatIsTooLargeIsRefused) {
  nats_.SetServer({.address = "small:4222", .max_payload = 4});
  const auto small = *nats_.Dial(*this);
  Requests requests(loop_, *small, kReplies, "_INBOX.y");
  std::optional<absl::StatusCode> code;
  requests.Ask("a", {}, "12345", seconds(1), [&](Reply reply) { code = reply.status().code(); });
  loop_.RunDue(kStart);
  EXPECT_EQ(code, absl::StatusCode::kInvalidArgument);
}

TEST_F(RequestsTest, AnAnswerMayAskAgainOrEndTheRequests) {
  requests_->Ask("a", {}, "1", seconds(1), [this](Reply /*reply*/) { Ask("2"); });
  nats_.Answer(nats_.TakeSent().at(0), "");
  requests_->Ask("a", {}, "3", seconds(1), [this](Reply /*reply*/) { requests_.reset(); });
  const std::vector<SentMessage> sent = nats_.TakeSent();
  ASSERT_EQ(sent.size(), 2U);
  nats_.Answer(sent[1], "");
  EXPECT_EQ(ended_, (std::vector<std::string>{"2: ABORTED: the connection was lost"}));
}

TEST_F(RequestsTest, UnsubscribesWithItsEnd) {
  EXPECT_EQ(nats_.subscriptions().at(kReplies), "_INBOX.x.*");
  requests_.reset();
  EXPECT_TRUE(nats_.subscriptions().empty());
}

}  // namespace
}  // namespace ssegw::nats
