#include "internal/store/jetstream/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/store/jetstream/link_under_test.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

class PullTest : public ::testing::Test, public PullListener {
 protected:
  PullTest() {
    server_.CreateStreams();
    link_.Receive([this](nats::SubscriptionId id, nats::Message message) {
      if (pull_ && pull_->subscription() == id) pull_->OnMessage(std::move(message));
    });
  }

  void Begin(PullOptions options = {.stream = "n_log"}) {
    pull_ = std::make_unique<Pull>(link_.open(), *this, std::move(options));
    link_.Run();
  }
  void Store(int count) {
    for (int i = 0; i < count; ++i) server_.Store("n.e.a.~", "x");
    link_.Run();
  }

  void OnBegin(uint64_t pending) override { pending_ = pending; }
  void OnDelivery(const Delivery& delivery, nats::Message message) override {
    seqs_.push_back(delivery.seq);
    last_ = delivery;
    data_ = message.data();
    if (end_at_first_) pull_.reset();
  }
  void OnEnd(PullEnd end) override {
    end_ = end;
    ended_at_ = link_.now();
    pull_.reset();
  }

  testing::FakeJetStream server_{"n"};
  LinkUnderTest link_{server_};
  bool end_at_first_ = false;
  std::optional<uint64_t> pending_;
  std::vector<uint64_t> seqs_;
  Delivery last_;
  std::string data_;
  std::optional<PullEnd> end_;
  base::TimePoint ended_at_;
  std::unique_ptr<Pull> pull_;
};

TEST_F(PullTest, DeliversWhatThereIsAndWhatComes) {
  server_.Store("n.e.a.~", "one");
  server_.Store("n.e.a.~", "two");
  Begin();
  EXPECT_EQ(pending_, 2U);
  EXPECT_THAT(seqs_, ElementsAre(1, 2));
  EXPECT_EQ(data_, "two");
  EXPECT_EQ(last_.pending, 0U);
  server_.Store("n.e.a.~", "three");
  link_.Run();
  EXPECT_EQ(data_, "three");
}

TEST_F(PullTest, BeginsWhereItIsTold) {
  Store(5);
  Begin({.stream = "n_log", .start_seq = 4});
  EXPECT_THAT(seqs_, ElementsAre(4, 5));
}

TEST_F(PullTest, DeliversTheSubjectThatIsAskedForAlone) {
  server_.Store("n.e.a.~", "event");
  server_.Store("n.meta.epoch", "1");
  server_.Store("n.e.a.~", "event");
  Begin({.stream = "n_log", .subject = "n.meta.epoch"});
  EXPECT_THAT(seqs_, ElementsAre(2));
}

TEST_F(PullTest, GoesOnThroughManyBatches) {
  Store(2600);
  Begin();
  EXPECT_EQ(seqs_.size(), 2600U);
  EXPECT_EQ(seqs_.back(), 2600U);
}

TEST_F(PullTest, HeldItTakesNoMoreThanWasAskedFor) {
  Begin();
  pull_->Hold(true);
  Store(3000);
  EXPECT_EQ(seqs_.size(), Pull::kBatch);
  pull_->Hold(false);
  link_.Run();
  EXPECT_EQ(seqs_.size(), 3000U);
}

TEST_F(PullTest, LivesThroughQuietTimes) {
  Begin();
  // Requests run out twice.
  link_.Run(2 * Pull::kExpires + seconds(5));
  EXPECT_FALSE(end_);
  Store(1);
  EXPECT_THAT(seqs_, ElementsAre(1));
  EXPECT_EQ(server_.consumers_made(), 1U);
}

TEST_F(PullTest, LivesWhileItIsHeld) {
  Begin();
  pull_->Hold(true);
  link_.Run(2 * Pull::kExpires);
  EXPECT_FALSE(end_);
  pull_->Hold(false);
  Store(1);
  EXPECT_THAT(seqs_, ElementsAre(1));
}

TEST_F(PullTest, EndsWhenThreeHeartbeatsAreMissing) {
  Begin();
  link_.Run(seconds(10));
  server_.SilenceConsumers(true);
  const base::TimePoint silent = link_.now();
  link_.Run(seconds(3));
  EXPECT_EQ(end_, PullEnd::kSilent);
  EXPECT_LE(ended_at_ - silent, seconds(2));
  EXPECT_GE(ended_at_ - silent, seconds(1));
}

TEST_F(PullTest, EndsAtOnceWhenItsConsumerIsDeleted) {
  Begin();
  link_.Run(seconds(1));
  const base::TimePoint deleted = link_.now();
  server_.DeleteConsumers(/*told=*/true);
  link_.Run();
  EXPECT_EQ(end_, PullEnd::kDeleted);
  EXPECT_EQ(ended_at_, deleted);
}

TEST_F(PullTest, AConsumerThatIsGoneWithoutAWordIsNoticed) {
  Begin();
  server_.DeleteConsumers(/*told=*/false);
  link_.Run(seconds(3));
  EXPECT_EQ(end_, PullEnd::kSilent);
}

TEST_F(PullTest, AStreamThatIsNotThereIsTheEnd) {
  server_.DeleteLog();
  Begin();
  EXPECT_EQ(end_, PullEnd::kNoStream);
}

TEST_F(PullTest, AsksAgainForAConsumerUntilThereIsOne) {
  Store(1);
  server_.Ignore({"$JS.API.CONSUMER.CREATE"});
  Begin();
  link_.Run(seconds(2));
  EXPECT_FALSE(pending_);
  server_.Ignore({});
  link_.Run(Pull::kCreateTimeout);
  EXPECT_THAT(seqs_, ElementsAre(1));
}

TEST_F(PullTest, AConsumerThatADeadServerGotIsNotWaitedFor) {
  Store(1);
  // Whatever is asked under that name has no answer.
  server_.Ignore({"$JS.API.CONSUMER.CREATE.n_log.gateway-x-2-1"});
  Begin();
  link_.Run(Pull::kCreateTimeout);
  EXPECT_THAT(seqs_, ElementsAre(1));
}

TEST_F(PullTest, TakesItsConsumerAlongWhenItGoes) {
  Begin();
  EXPECT_EQ(server_.consumers(), 1U);
  pull_.reset();
  link_.Run();
  EXPECT_EQ(server_.consumers(), 0U);
}

TEST_F(PullTest, MayBeDestroyedByADelivery) {
  Store(3);
  end_at_first_ = true;
  Begin();
  link_.Run(seconds(1));
  EXPECT_THAT(seqs_, ElementsAre(1));
}

TEST(ParseDeliveryTest, ReadsBothFormsOfTheReplySubject) {
  const auto nine = ParseDelivery("$JS.ACK.n_log.c.1.42.7.1796019619600923385.3");
  ASSERT_TRUE(nine);
  EXPECT_EQ(nine->seq, 42U);
  EXPECT_EQ(nine->stored_ns, 1796019619600923385);
  EXPECT_EQ(nine->pending, 3U);
  const auto twelve = ParseDelivery("$JS.ACK._.acc.n_log.c.1.42.7.1796019619600923385.3.rnd");
  ASSERT_TRUE(twelve);
  EXPECT_EQ(twelve->seq, 42U);
  EXPECT_EQ(twelve->pending, 3U);
  for (const char* other :
       {"", "$JS.ACK", "_INBOX.x.1", "$JS.ACK.n_log.c.1.42.7.17", "$JS.ACK.n_log.c.1.x.7.1.3",
        "$JS.ACK.n_log.c.1.42.7.1.-3", "$JS.ACK.n_log.c.1.42.7.1.3.4"}) {
    EXPECT_FALSE(ParseDelivery(other)) << other;
  }
}

}  // namespace
}  // namespace ssegw::store::jetstream
