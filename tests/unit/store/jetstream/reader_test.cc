#include "internal/store/jetstream/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/subject.h"
#include "internal/window/snapshot_reader.h"
#include "tests/unit/store/jetstream/link_under_test.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const base::WallTime kWall = std::chrono::system_clock::from_time_t(1'800'000'000);

// A gateway: a window and what reads the log into it. Starts again after 100 ms when it is told to.
class Replica final : public ReaderListener, public window::LogListener {
 public:
  explicit Replica(testing::FakeJetStream& server) : server_(server), link_(server) {
    window_.AddListener(*this);
    link_.Receive([this](nats::SubscriptionId id, nats::Message message) {
      reader_.OnMessage(id, std::move(message));
    });
  }
  ~Replica() { window_.RemoveListener(*this); }

  void Start() {
    LookAtStream(link_.open().requests, "n_log", [this](const std::optional<StreamInfo>& log) {
      if (log) {
        reader_.Start(link_.open(), *log);
      } else {
        link_.loop().RunAfter(milliseconds(100), [this] { Start(); });
      }
    });
    link_.Run();
  }
  void LoseLink() {
    reader_.Detach();
    link_.Drop();
  }
  void Reconnect() {
    link_.Open();
    Start();
  }
  void Run(base::Duration duration = {}) { link_.Run(duration); }

  std::vector<std::string> Snapshot() const {
    std::vector<std::string> events;
    for (const sse::FramePtr& frame : TakeSnapshot(window_, window::Filters::Everything()).frames) {
      events.push_back(Text(*frame));
    }
    return events;
  }
  // Everything that is in the window.
  std::vector<std::string> Log() const {
    std::vector<std::string> events;
    const window::ReadResult read =
        window_.Read(window::Filters::Everything(), window::ReadMode::kEvery,
                     window_.earliest_cursor(), 0, 1000);
    for (const sse::FramePtr& frame : read.frames) events.push_back(Text(*frame));
    return events;
  }
  window::Window& window() { return window_; }
  Reader& reader() { return reader_; }
  SharedLogStats& stats() { return stats_; }
  LinkUnderTest& link() { return link_; }

  void OnEpoch(const std::string& epoch) override {
    if (epochs.empty() || epochs.back() != epoch) epochs.push_back(epoch);
  }
  void OnLoading() override { ++loads; }
  void OnFollowing() override { ++following; }
  void OnLogEnd(const window::LogEnd& end) override { log_end = end; }
  void OnReaderLost(ReaderRestart /*why*/) override {
    ++lost;
    lost_since = reader_.heard_at();
    link_.loop().RunAfter(milliseconds(100), [this] {
      // Who looks at the streams makes what is missing.
      if (!server_.has_log() || !server_.has_keys()) server_.CreateStreams();
      Start();
    });
  }
  void OnAppend(std::span<const sse::FramePtr> frames) override {
    for (const sse::FramePtr& frame : frames) appended.push_back(Text(*frame));
  }
  void OnBreak() override { ++breaks; }

  std::vector<std::string> epochs;
  std::vector<std::string> appended;
  window::LogEnd log_end;
  size_t loads = 0;
  size_t following = 0;
  size_t lost = 0;
  base::TimePoint lost_since;
  size_t breaks = 0;

 private:
  static std::string Text(const sse::Frame& frame) {
    return base::Concat(frame.seq(), ":", frame.topic(), "/", frame.key(), "=",
                        frame.deleted() ? "-" : frame.json());
  }

  testing::FakeJetStream& server_;
  LinkUnderTest link_;
  SharedLogStats stats_;
  window::Window window_{"none", {}};
  Reader reader_{window_, stats_, *this, "n", [] { return kWall; }};
};

class ReaderTest : public ::testing::Test {
 protected:
  // Publishes, as another gateway does.
  uint64_t Publish(std::string_view topic, std::string_view json, std::string_view key = "",
                   base::Duration age = {}) {
    const base::RefPtr<sse::Frame> frame = sse::Frame::Create({.topic = topic,
                                                               .key = key,
                                                               .json = json,
                                                               .deleted = json.empty(),
                                                               .received_at = LinkUnderTest::kStart,
                                                               .received_wall = kWall - age});
    return server_.Store(EventSubject("n", topic, key), EncodeStoredEvent(*frame, "other"));
  }
  Replica& Start() {
    replicas_.push_back(std::make_unique<Replica>(server_));
    replicas_.back()->Start();
    return *replicas_.back();
  }

  testing::FakeJetStream server_{"n"};
  std::vector<std::unique_ptr<Replica>> replicas_;
};

TEST_F(ReaderTest, AnEmptyLogIsFollowedAtOnce) {
  server_.CreateStreams();
  Replica& replica = Start();
  EXPECT_TRUE(replica.reader().following());
  ASSERT_THAT(replica.epochs, SizeIs(1));
  Publish("a", "1");
  replica.Run();
  EXPECT_THAT(replica.Log(), ElementsAre("1:a/=1"));
  EXPECT_EQ(replica.window().epoch(), replica.epochs[0]);
}

TEST_F(ReaderTest, LoadsWhatTheLogHas) {
  server_.CreateStreams();
  Publish("a", "1");
  Publish("b", "2", "k.k");
  Publish("a", "3");
  Replica& replica = Start();
  EXPECT_TRUE(replica.reader().following());
  EXPECT_EQ(replica.following, 1U);
  EXPECT_THAT(replica.Log(), ElementsAre("1:a/=1", "2:b/k.k=2", "3:a/=3"));
  EXPECT_THAT(replica.Snapshot(), ElementsAre("2:b/k.k=2", "3:a/=3"));
}

TEST_F(ReaderTest, LoadsTheSnapshotFromBeforeTheLog) {
  server_.CreateStreams(/*max_msgs=*/2);
  Publish("quiet", "1");
  Publish("b", "2");
  Publish("gone", "3");
  Publish("gone", "");
  Publish("b", "5");
  Publish("c", "6");
  Replica& replica = Start();
  EXPECT_THAT(replica.Snapshot(), ElementsAre("1:quiet/=1", "5:b/=5", "6:c/=6"));
  EXPECT_THAT(replica.Log(), ElementsAre("5:b/=5", "6:c/=6"));
  const window::Filters all = window::Filters::Everything();
  using window::ReadMode;
  using enum window::Window::Resume;
  EXPECT_EQ(replica.window().ResumeFrom(all, ReadMode::kEvery, 3), kExpired);
  EXPECT_EQ(replica.window().ResumeFrom(all, ReadMode::kEvery, 4), kReplay);
  // The newest of each key, also what was deleted, is known from the beginning.
  EXPECT_EQ(replica.window().ResumeFrom(all, ReadMode::kNewest, 1), kReplay);
}

TEST_F(ReaderTest, ALogWithoutEventsHasASnapshotAllTheSame) {
  server_.CreateStreams();
  Publish("a", "1");
  Publish("b", "2");
  server_.EvictUpTo(2);
  Replica& replica = Start();
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.Snapshot(), ElementsAre("1:a/=1", "2:b/=2"));
  EXPECT_THAT(replica.Log(), IsEmpty());
  EXPECT_EQ(replica.window().head(), 2U);
  Publish("c", "3");
  replica.Run();
  EXPECT_THAT(replica.Log(), ElementsAre("3:c/=3"));
}

TEST_F(ReaderTest, WhatTheLogLosesWhileTheMirrorIsReadIsReadFromTheMirror) {
  server_.CreateStreams(/*max_msgs=*/3);
  for (int i = 1; i <= 5; ++i) Publish(base::Concat("t.", i), base::Concat(i));
  // When the log's consumer is made, the log begins at 6 and not at 3.
  server_.Before("$JS.API.CONSUMER.CREATE.n_log.gateway-x-5-1", [this] {
    Publish("t.1", "6");
    Publish("t.7", "7");
    Publish("t.8", "8");
  });
  Replica& replica = Start();
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.Snapshot(), ElementsAre("2:t.2/=2", "3:t.3/=3", "4:t.4/=4", "5:t.5/=5",
                                              "6:t.1/=6", "7:t.7/=7", "8:t.8/=8"));
  EXPECT_THAT(replica.Log(), ElementsAre("6:t.1/=6", "7:t.7/=7", "8:t.8/=8"));
  // At the first try.
  EXPECT_EQ(replica.breaks, 1U);
}

TEST_F(ReaderTest, WaitsForAMirrorThatIsBehind) {
  server_.CreateStreams(/*max_msgs=*/1);
  Publish("a", "1");
  server_.HoldMirror(true);
  Publish("b", "2");
  Publish("c", "3");
  Replica& replica = Start();
  replica.Run(seconds(20));
  EXPECT_FALSE(replica.reader().following());
  server_.HoldMirror(false);
  replica.Run(seconds(1));
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.Snapshot(), ElementsAre("1:a/=1", "2:b/=2", "3:c/=3"));
}

TEST_F(ReaderTest, KeysThatAFullMirrorHasDroppedMayBeMissing) {
  server_.CreateStreams(/*max_msgs=*/1, /*max_keys=*/2);
  for (int i = 1; i <= 5; ++i) Publish(base::Concat("t.", i), base::Concat(i));
  Replica& replica = Start();
  EXPECT_THAT(replica.Snapshot(), ElementsAre("4:t.4/=4", "5:t.5/=5"));
  const window::Filters all = window::Filters::Everything();
  EXPECT_EQ(replica.window().ResumeFrom(all, window::ReadMode::kNewest, 2),
            window::Window::Resume::kExpired);
  EXPECT_EQ(replica.window().ResumeFrom(all, window::ReadMode::kNewest, 3),
            window::Window::Resume::kReplay);
}

TEST_F(ReaderTest, FollowsManyEvents) {
  server_.CreateStreams();
  for (int i = 1; i <= 700; ++i) Publish("a", base::Concat(i));
  Replica& replica = Start();
  for (int i = 701; i <= 1600; ++i) Publish("a", base::Concat(i));
  replica.Run();
  ASSERT_THAT(replica.appended, SizeIs(1600));
  EXPECT_EQ(replica.appended.back(), "1600:a/=1600");
}

TEST_F(ReaderTest, SkipsAndCountsWhatIsNotAnEvent) {
  server_.CreateStreams();
  server_.Store("n.e.a.~", "not a stored event");
  server_.Store("n.e.a", "x");
  server_.Store("n.meta.other", "x");
  Publish("a", "4");
  Replica& replica = Start();
  EXPECT_THAT(replica.Log(), ElementsAre("4:a/=4"));
  EXPECT_EQ(replica.stats().foreign.value(), 3U);
  EXPECT_EQ(replica.stats().gaps.value(), 0U);
}

TEST_F(ReaderTest, GoesOnWhereItWasWithAnotherConsumer) {
  server_.CreateStreams();
  Publish("a", "1");
  Replica& replica = Start();
  server_.DeleteConsumers(/*told=*/true);
  Publish("a", "2");
  replica.Run(seconds(1));
  EXPECT_EQ(replica.lost, 1U);
  EXPECT_EQ(replica.stats().reader_restarts[ReaderRestart::kDeleted].value(), 1U);
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.appended, ElementsAre("1:a/=1", "2:a/=2"));
  EXPECT_EQ(replica.breaks, 1U);  // of the first load
}

TEST_F(ReaderTest, ADeadConsumerIsReplacedWithinThreeSeconds) {
  server_.CreateStreams();
  Publish("a", "1");
  Replica& replica = Start();
  replica.Run(seconds(10));
  server_.SilenceConsumers(true);
  Publish("a", "2");
  // Any that is made now is heard, the one before is not.
  server_.Before("$JS.API.STREAM.INFO", [this] { server_.SilenceConsumers(false); });
  server_.DeleteConsumers(/*told=*/false);
  replica.Run(seconds(3));
  EXPECT_THAT(replica.appended, ElementsAre("1:a/=1", "2:a/=2"));
  EXPECT_EQ(replica.stats().reader_restarts[ReaderRestart::kHeartbeat].value(), 1U);
}

TEST_F(ReaderTest, GoesOnWhereItWasOverAnotherLink) {
  server_.CreateStreams();
  Publish("a", "1");
  Replica& replica = Start();
  replica.LoseLink();
  Publish("a", "2");
  replica.Run(seconds(5));
  replica.Reconnect();
  EXPECT_THAT(replica.appended, ElementsAre("1:a/=1", "2:a/=2"));
  EXPECT_EQ(replica.breaks, 1U);
}

TEST_F(ReaderTest, FallenBehindTheLogItLoadsAnewUnderTheSameEpoch) {
  server_.CreateStreams(/*max_msgs=*/2);
  Publish("a", "1");
  Replica& replica = Start();
  replica.LoseLink();
  for (int i = 2; i <= 6; ++i) Publish(base::Concat("t.", i), base::Concat(i));
  bool looked = false;
  server_.Before("$JS.API.CONSUMER.CREATE.n_keys.", [&] {
    looked = true;
    EXPECT_TRUE(replica.window().loading());
    EXPECT_FALSE(replica.reader().following());
  });
  replica.Reconnect();
  EXPECT_TRUE(looked);
  EXPECT_EQ(replica.loads, 2U);
  EXPECT_FALSE(replica.window().loading());
  EXPECT_EQ(replica.stats().gaps.value(), 1U);
  EXPECT_EQ(replica.breaks, 2U);
  EXPECT_THAT(replica.epochs, SizeIs(1));
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.Snapshot(),
              ElementsAre("1:a/=1", "2:t.2/=2", "3:t.3/=3", "4:t.4/=4", "5:t.5/=5", "6:t.6/=6"));
}

TEST_F(ReaderTest, AMessageThatSomebodyDeletedIsPassedOver) {
  server_.CreateStreams();
  for (int i = 1; i <= 4; ++i) Publish("a", base::Concat(i));
  server_.DeleteMessage(2);
  Replica& replica = Start();
  replica.Run(seconds(1));
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.Log(), ElementsAre("1:a/=1", "3:a/=3", "4:a/=4"));
}

TEST_F(ReaderTest, ALastMessageThatSomebodyDeletedIsNotWaitedForLong) {
  server_.CreateStreams();
  for (int i = 1; i <= 3; ++i) Publish("a", base::Concat(i));
  server_.DeleteMessage(3);
  Replica& replica = Start();
  replica.Run(Reader::kEndFor + seconds(1));
  EXPECT_TRUE(replica.reader().following());
}

TEST_F(ReaderTest, ALogThatIsMadeAnewHasAnotherEpoch) {
  server_.CreateStreams();
  Publish("a", "1");
  Publish("b", "2");
  Replica& replica = Start();
  server_.DeleteLog();
  server_.DeleteKeys();
  replica.Run(seconds(5));
  EXPECT_TRUE(replica.reader().following());
  ASSERT_THAT(replica.epochs, SizeIs(2));
  EXPECT_NE(replica.epochs[0], replica.epochs[1]);
  EXPECT_EQ(replica.stats().epoch_changes[EpochChange::kRecreated].value(), 1U);
  EXPECT_THAT(replica.Snapshot(), IsEmpty());
  Publish("c", "1");
  replica.Run();
  EXPECT_THAT(replica.Snapshot(), ElementsAre("1:c/=1"));
}

TEST_F(ReaderTest, ALogThatIsSetBackHasAnotherEpochAtAllReplicas) {
  server_.CreateStreams();
  for (int i = 1; i <= 5; ++i) Publish("a", base::Concat(i));
  Replica& first = Start();
  Replica& second = Start();
  ASSERT_EQ(first.epochs, second.epochs);
  first.LoseLink();
  second.LoseLink();
  server_.SetLogBack(2);
  first.Reconnect();
  second.Reconnect();
  for (int i = 0; i < 100; ++i) {
    first.Run(milliseconds(50));
    second.Run(milliseconds(50));
  }
  EXPECT_TRUE(first.reader().following());
  EXPECT_TRUE(second.reader().following());
  EXPECT_NE(first.epochs.front(), first.window().epoch());
  EXPECT_EQ(first.window().epoch(), second.window().epoch());
  EXPECT_EQ(first.stats().epoch_changes[EpochChange::kSetBack].value(), 1U);
  EXPECT_EQ(second.stats().epoch_changes[EpochChange::kSetBack].value(), 1U);
  // One of them has raised the generation, and the mirror is of this log again.
  EXPECT_EQ(std::count_if(server_.messages().begin(), server_.messages().end(),
                          [](const auto& message) {
                            return message.second.subject == EpochSubject("n") &&
                                   message.second.data == "1";
                          }),
            1);
  EXPECT_THAT(first.Snapshot(), ElementsAre("2:a/=2"));
  EXPECT_THAT(second.Snapshot(), ElementsAre("2:a/=2"));
  Replica& third = Start();
  EXPECT_EQ(third.window().epoch(), first.window().epoch());
}

TEST_F(ReaderTest, ALogThatWasSetBackAndHasGoneOnIsNoticed) {
  server_.CreateStreams();
  for (int i = 1; i <= 5; ++i) Publish("a", base::Concat(i));
  Replica& replica = Start();
  replica.LoseLink();
  server_.SetLogBack(2);
  server_.DeleteKeys();
  server_.CreateStreams();
  for (int i = 3; i <= 9; ++i) Publish("b", base::Concat(i));
  replica.Reconnect();
  replica.Run(seconds(5));
  EXPECT_NE(replica.epochs.front(), replica.window().epoch());
  EXPECT_THAT(replica.Snapshot(), ElementsAre("2:a/=2", "9:b/=9"));
}

TEST_F(ReaderTest, AReplicaThatLostNothingFollowsToANewGeneration) {
  server_.CreateStreams();
  for (int i = 1; i <= 5; ++i) Publish("a", base::Concat(i));
  Replica& replica = Start();
  server_.Store("n.meta.epoch", "1");
  Publish("a", "7");
  replica.Run(seconds(1));
  ASSERT_THAT(replica.epochs, SizeIs(2));
  EXPECT_NE(replica.epochs[0], replica.epochs[1]);
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.Snapshot(), ElementsAre("7:a/=7"));
  EXPECT_EQ(replica.stats().foreign.value(), 0U);
}

TEST_F(ReaderTest, ALeaderThatIsBehindForLongHasNotSetTheLogBack) {
  server_.CreateStreams();
  for (int i = 1; i <= 5; ++i) Publish("a", base::Concat(i));
  Replica& replica = Start();
  replica.LoseLink();
  server_.PretendLastSeq(4);
  replica.Reconnect();
  replica.Run(seconds(20));
  EXPECT_FALSE(replica.reader().following());
  server_.PretendLastSeq(0);
  replica.Run(seconds(1));
  EXPECT_TRUE(replica.reader().following());
  EXPECT_THAT(replica.epochs, SizeIs(1));
  EXPECT_EQ(server_.last_seq(), 5U);
}

TEST_F(ReaderTest, AMirrorThatIsAheadOfItsLogIsMadeAnew) {
  server_.CreateStreams();
  for (int i = 1; i <= 5; ++i) Publish(base::Concat("t.", i), base::Concat(i));
  server_.SetLogBack(3);
  server_.EvictUpTo(1);
  Replica& replica = Start();
  replica.Run(seconds(5));
  EXPECT_TRUE(replica.reader().following());
  // What only the mirror had is lost with it.
  EXPECT_THAT(replica.Snapshot(), ElementsAre("2:t.2/=2", "3:t.3/=3"));
}

TEST_F(ReaderTest, TimesAreThoseOfTheWriter) {
  server_.CreateStreams();
  Publish("a", "1", "", seconds(90));
  Publish("b", "2", "", -seconds(90));
  Replica& replica = Start();
  const auto frames = TakeSnapshot(replica.window(), window::Filters::Everything()).frames;
  ASSERT_THAT(frames, SizeIs(2));
  EXPECT_EQ(frames[0]->received_at(), LinkUnderTest::kStart - seconds(90));
  EXPECT_EQ(frames[0]->received_wall(), kWall - seconds(90));
  // A clock that is ahead: it has just come.
  EXPECT_EQ(frames[1]->received_at(), LinkUnderTest::kStart);
}

TEST_F(ReaderTest, TellsWhereTheLogEndsWhenAskedASecondAgoAtMost) {
  server_.CreateStreams();
  Publish("a", "1");
  Replica& replica = Start();
  replica.Run(seconds(1));
  EXPECT_EQ(replica.log_end.seq, 1U);
  for (int i = 2; i <= 9; ++i) {
    Publish("a", base::Concat(i));
    replica.Run(Reader::kLook + LinkUnderTest::kStep);
    EXPECT_EQ(replica.log_end.seq, i);
    EXPECT_LE(replica.link().now() - replica.log_end.asked_at, seconds(1));
  }
}

TEST_F(ReaderTest, TellsWhatWaitsInTheLogWhereNothingIsDelivered) {
  server_.CreateStreams();
  Replica& replica = Start();
  server_.SilenceConsumers(true);
  Publish("a", "1");
  Publish("a", "2");
  replica.Run(Reader::kLook + LinkUnderTest::kStep);
  EXPECT_EQ(replica.stats().lag_events.value(), 2U);
}

TEST_F(ReaderTest, ALogThatDoesNotAnswerIsAwaySinceItLastDidThoughTheConsumerLives) {
  server_.CreateStreams();
  Replica& replica = Start();
  replica.Run(seconds(3));
  const base::TimePoint silent = replica.link().now();
  server_.Ignore({"$JS.API.STREAM.INFO"});
  for (int i = 0; i < 8 && replica.lost == 0; ++i) replica.Run(seconds(1));
  EXPECT_EQ(replica.lost, 1U);
  EXPECT_LE(replica.lost_since, silent);
  EXPECT_GE(replica.lost_since, silent - Reader::kLook);
}

TEST_F(ReaderTest, ALogThatDoesNotAnswerHasNoKnownEnd) {
  server_.CreateStreams(0, 0, /*replicas=*/3);
  Replica& replica = Start();
  replica.Run(seconds(3));
  const base::TimePoint silent = replica.link().now();
  server_.Ignore({"$JS.API.STREAM.INFO"});
  replica.Run(seconds(2));
  EXPECT_LE(replica.log_end.asked_at, silent);
  // Who answers then may be a new leader, which does not yet know all that is in the log.
  server_.Ignore({});
  const base::TimePoint answers = replica.link().now();
  replica.Run(Reader::kSetBackFor - milliseconds(500));
  EXPECT_LE(replica.log_end.asked_at, silent);
  replica.Run(seconds(2));
  EXPECT_GE(replica.log_end.asked_at, answers + Reader::kSetBackFor);
}

TEST_F(ReaderTest, TellsHowFarTheMirrorIsBehind) {
  server_.CreateStreams();
  Replica& replica = Start();
  server_.HoldMirror(true);
  for (int i = 1; i <= 3; ++i) Publish("a", base::Concat(i));
  replica.Run(2 * Reader::kLooksPerMirrorLook * Reader::kLook);
  EXPECT_EQ(replica.stats().keys_lag_events.value(), 3U);
}

}  // namespace
}  // namespace ssegw::store::jetstream
