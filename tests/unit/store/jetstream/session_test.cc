#include "internal/store/jetstream/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/subject.h"
#include "tests/testing/fake_jetstream.h"
#include "tests/testing/fake_nats.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
const base::WallTime kWall = std::chrono::system_clock::from_time_t(1'800'000'000);

class SessionTest : public ::testing::Test, public SessionListener {
 protected:
  SessionTest() { server_.Attach(nats_); }

  void Start() {
    RunAt(kStart);
    session_ = std::make_unique<Session>(
        loop_, nats_, [this](const std::function<void()>& run) { Block(run); }, window_, stats_,
        *this,
        Session::Options{.streams = {.name = "n"}, .random_seed = 7, .wall = [] { return kWall; }});
    session_->Start();
    Run();
  }
  void Block(const std::function<void()>& run) {
    dialled_at_.push_back(now_);
    run();
  }
  void RunAt(base::TimePoint now) {
    now_ = now;
    server_.Tick(now_);
    loop_.RunDue(now_);
  }
  void Run(base::Duration duration = {}) {
    for (const base::TimePoint end = now_ + duration; now_ < end;) RunAt(now_ + milliseconds(20));
    loop_.RunDue(now_);
  }
  uint64_t Publish(std::string_view topic, std::string_view json) {
    const base::RefPtr<sse::Frame> frame = sse::Frame::Create(
        {.topic = topic, .json = json, .received_at = kStart, .received_wall = kWall});
    return server_.Store(EventSubject("n", topic, ""), EncodeStoredEvent(*frame, "other"));
  }

  void OnRequests(nats::Requests* requests) override { requests_ = requests; }
  void OnEpoch(const std::string& epoch) override {
    if (epochs_.empty() || epochs_.back() != epoch) epochs_.push_back(epoch);
  }
  void OnFollowing() override {
    following_ = true;
    following_since_ = now_;
  }
  void OnLogEnd(const window::LogEnd& end) override { log_end_ = end; }
  void OnAway(base::TimePoint heard_at) override {
    following_ = false;
    heard_at_ = heard_at;
    away_at_ = now_;
  }
  void OnFault(const absl::Status& fault) override { faults_.push_back(fault); }

  testing::FakeJetStream server_{"n"};
  testing::FakeNats nats_;
  nats::Loop loop_;
  base::TimePoint now_;
  SharedLogStats stats_;
  window::Window window_{"none", {}};
  nats::Requests* requests_ = nullptr;
  std::vector<std::string> epochs_;
  bool following_ = false;
  base::TimePoint following_since_;
  window::LogEnd log_end_;
  base::TimePoint heard_at_;
  base::TimePoint away_at_;
  std::vector<absl::Status> faults_;
  std::vector<base::TimePoint> dialled_at_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, MakesTheStreamsAndFollows) {
  Start();
  EXPECT_TRUE(server_.has_log());
  EXPECT_TRUE(server_.has_keys());
  EXPECT_TRUE(following_);
  EXPECT_NE(requests_, nullptr);
  EXPECT_THAT(epochs_, SizeIs(1));
  EXPECT_EQ(stats_.connected.value(), 1U);
  EXPECT_EQ(stats_.reconnects.value(), 0U);
  Publish("a", "1");
  Run();
  EXPECT_EQ(window_.head(), 1U);
}

TEST_F(SessionTest, TellsWhereTheLogEnds) {
  Start();
  Publish("a", "1");
  Run(seconds(3));
  EXPECT_EQ(log_end_.seq, 1U);
}

TEST_F(SessionTest, TriesOnWhileNoServerCanBeReached) {
  nats_.AnswerDials(absl::UnavailableError("refused"));
  Start();
  Run(seconds(60));
  EXPECT_THAT(faults_, IsEmpty());
  for (size_t i = 1; i < dialled_at_.size(); ++i) {
    const base::Duration pause = dialled_at_[i] - dialled_at_[i - 1];
    const bool patient = dialled_at_[i - 1] - kStart < nats::Connector::kPatience;
    EXPECT_THAT(pause, AllOf(Ge(milliseconds(100)),
                             Le((patient ? milliseconds(300) : seconds(2)) + milliseconds(20))));
  }
  // Rarer later.
  EXPECT_LT(dialled_at_.size(), 120U);
  nats_.AnswerDials(absl::OkStatus());
  Run(seconds(3));
  EXPECT_TRUE(following_);
}

TEST_F(SessionTest, CredentialsThatAreRefusedAtTheStartAreAFault) {
  nats_.AnswerDials(absl::PermissionDeniedError("authorization violation"));
  Start();
  ASSERT_THAT(faults_, SizeIs(1));
  EXPECT_EQ(faults_[0].message(), "authorization violation");
}

TEST_F(SessionTest, CredentialsThatAreRefusedLaterAreTriedAgain) {
  Start();
  nats_.AnswerDials(absl::PermissionDeniedError("expired"));
  nats_.Close("gone");
  Run(seconds(5));
  EXPECT_THAT(faults_, IsEmpty());
  nats_.AnswerDials(absl::OkStatus());
  Run(seconds(1));
  EXPECT_TRUE(following_);
}

TEST_F(SessionTest, StreamsThatAreOfNoUseAreAFault) {
  // No mirror of that log.
  server_.CreateStreams();
  server_.DeleteKeys();
  server_.CreateKeys({{"name", "n_keys"}, {"subjects", {"other"}}});
  Start();
  ASSERT_THAT(faults_, SizeIs(Ge(1U)));
  EXPECT_THAT(std::string(faults_[0].message()), ::testing::HasSubstr("n_keys"));
  EXPECT_FALSE(following_);
}

TEST_F(SessionTest, ALostLinkIsDialledAnewAndNothingIsMissed) {
  Start();
  Publish("a", "1");
  Run(seconds(10));
  nats_.Close("gone");
  Publish("b", "2");
  Run();
  EXPECT_FALSE(following_);
  EXPECT_EQ(requests_, nullptr);
  EXPECT_EQ(stats_.connected.value(), 0U);
  // The server was last heard of with a heartbeat.
  EXPECT_LE(now_ - heard_at_, seconds(1));
  Run(milliseconds(400));
  EXPECT_TRUE(following_);
  EXPECT_NE(requests_, nullptr);
  EXPECT_EQ(window_.head(), 2U);
  EXPECT_EQ(stats_.reconnects.value(), 1U);
  EXPECT_EQ(stats_.reader_restarts[ReaderRestart::kConnection].value(), 1U);
  EXPECT_THAT(epochs_, SizeIs(1));
}

TEST_F(SessionTest, AConsumerThatSaysNothingIsReplacedWithinThreeSeconds) {
  Start();
  Run(seconds(5));
  server_.DeleteConsumers(/*told=*/false);
  const base::TimePoint died = now_;
  Publish("a", "1");
  // Events can be published all the while.
  Run(seconds(2));
  EXPECT_NE(requests_, nullptr);
  Run(seconds(1));
  EXPECT_TRUE(following_);
  EXPECT_LE(following_since_ - died, seconds(3));
  EXPECT_EQ(window_.head(), 1U);
}

TEST_F(SessionTest, ALogThatIsDeletedIsMadeAgainUnderANewEpoch) {
  Start();
  Publish("a", "1");
  Run(seconds(1));
  server_.DeleteLog();
  server_.DeleteKeys();
  Run();
  // What is appended now would have an id of the log that was.
  EXPECT_EQ(requests_, nullptr);
  Run(seconds(2));
  EXPECT_TRUE(server_.has_log());
  EXPECT_TRUE(following_);
  EXPECT_NE(requests_, nullptr);
  EXPECT_THAT(epochs_, SizeIs(2));
  EXPECT_EQ(window_.head(), 0U);
}

TEST_F(SessionTest, ASilentServerIsAwaySinceItWasLastHeardOf) {
  Start();
  Run(seconds(5));
  server_.SilenceConsumers(true);
  server_.Ignore({"$JS.API"});
  const base::TimePoint frozen = now_;
  Run(seconds(3));
  EXPECT_FALSE(following_);
  EXPECT_LE(heard_at_, frozen);
  EXPECT_LE(away_at_ - frozen, seconds(2));
  server_.SilenceConsumers(false);
  server_.Ignore({});
  Run(seconds(5));
  EXPECT_TRUE(following_);
}

TEST_F(SessionTest, ALogWithoutALeaderIsAwayThoughItsConsumerLives) {
  Start();
  Run(seconds(10));
  EXPECT_TRUE(following_);
  server_.Ignore({"$JS.API.STREAM", "n.e."});
  Run(seconds(5));
  EXPECT_FALSE(following_);
  server_.Ignore({});
  Run(seconds(2));
  EXPECT_TRUE(following_);
  EXPECT_THAT(epochs_, SizeIs(1));
}

TEST_F(SessionTest, ALinkThatIsLostWhileItIsDialledIsDialledAgain) {
  Start();
  nats_.Close("gone");
  Run();
  server_.Before("$JS.API", [this] { nats_.Close("gone again"); });
  Run(seconds(2));
  EXPECT_TRUE(following_);
  EXPECT_EQ(nats_.dials(), 3U);
}

TEST_F(SessionTest, MayEndAtAnyTime) {
  Start();
  session_.reset();
  Run(seconds(5));
  EXPECT_EQ(nats_.dials(), 1U);
  EXPECT_FALSE(nats_.connected());
}

}  // namespace
}  // namespace ssegw::store::jetstream
