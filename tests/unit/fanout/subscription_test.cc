#include "internal/fanout/subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/fanout/shard.h"
#include "internal/sse/event_id.h"
#include "tests/unit/fanout/fake_sink.h"

#ifdef __SANITIZE_ADDRESS__
// Of <sanitizer/allocator_interface.h>, which Debian's g++ does not come with.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace ssegw::fanout {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::StartsWith;

// Of the heap, by this process.
size_t AllocatedBytes() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

class SubscriptionTest : public testing::Test {
 protected:
  struct Client {
    FakeSink sink;
    std::unique_ptr<Subscription> subscription;

    std::vector<ParsedEvent> events() const { return ParseEvents(sink.text); }
    std::vector<uint64_t> seqs() const {
      std::vector<uint64_t> seqs;
      for (const ParsedEvent& event : events()) seqs.push_back(event.seq);
      return seqs;
    }
  };

  explicit SubscriptionTest(window::WindowLimits limits = {.max_events = 10'000}) {
    window_ = std::make_unique<window::Window>("e", limits);
    shard_ = std::make_unique<Shard>(*window_, [this] { ++wakes_; });
  }

  uint64_t Put(std::string_view topic, std::string_view key, std::string_view json = "1") {
    return window_->Append(
        sse::Frame::Create({.topic = topic, .key = key, .json = json, .received_at = base::Now()}));
  }
  uint64_t Delete(std::string_view topic, std::string_view key) {
    return window_->Append(sse::Frame::Create(
        {.topic = topic, .key = key, .deleted = true, .received_at = base::Now()}));
  }
  void Turn() {
    while (shard_->Turn(base::Now()) == Work::kMore) {
    }
  }
  LagDistribution TakeLag(base::TimePoint now) {
    shard_->BeginLag();
    while (shard_->CountLag(now) == Work::kMore) {
    }
    return shard_->lag();
  }
  std::unique_ptr<Client> Connect(SubscriptionRequest request = {},
                                  Framing framing = Framing::kBare,
                                  size_t room = std::numeric_limits<size_t>::max()) {
    auto client = std::make_unique<Client>();
    client->sink.room = room;
    client->subscription =
        std::make_unique<Subscription>(*shard_, client->sink, request, framing, GreetingOf());
    Pump(*client);
    return client;
  }
  static void Pump(Client& client) {
    Next next;
    do {
      next = client.subscription->Pump(base::Now());
    } while (next == Next::kSoon);
    client.sink.wanted = next;
  }
  // Makes room, and lets the subscription use it.
  static void Drain(Client& client, size_t room = std::numeric_limits<size_t>::max()) {
    client.sink.room = room;
    Pump(client);
  }
  static Subscription::Greeting GreetingOf() {
    return {.connection_id = "c", .retry = kRetryOfTest};
  }
  static SubscriptionRequest Resuming(std::string id, Mode mode = Mode::kLatest) {
    SubscriptionRequest request;
    request.mode = mode;
    request.last_event_id = std::move(id);
    return request;
  }
  static SubscriptionRequest Filtered(std::initializer_list<const char*> texts) {
    std::vector<window::Filter> filters;
    for (const char* text : texts) filters.push_back(*window::Filter::Parse(text));
    return {.filters = window::Filters(std::move(filters))};
  }
  uint64_t resumes(ResumeOutcome outcome) const { return shard_->stats().resumes[outcome].value(); }

  int wakes_ = 0;
  std::unique_ptr<window::Window> window_;
  std::unique_ptr<Shard> shard_;
};

TEST_F(SubscriptionTest, BeginsWithItsGreetingThenTheSnapshotThenGoesLive) {
  Put("a", "k");
  Put("a", "k");
  Put("b", "k");
  auto client = Connect();
  EXPECT_EQ(client->sink.text,
            base::Concat(Greeting(), "data: 1\nid: e-2\n\ndata: 1\nid: e-3\n\n", sse::kLive));
  Put("a", "k");
  EXPECT_EQ(wakes_, 1);
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(2, 3, 4));
}

TEST_F(SubscriptionTest, OneThatHasSentAllHoldsNoBuffer) {
  constexpr size_t kSubscriptions = 100;
  FakeSink sink;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  subscriptions.reserve(kSubscriptions);
  const size_t before = AllocatedBytes();
  for (size_t i = 0; i < kSubscriptions; ++i) {
    subscriptions.push_back(std::make_unique<Subscription>(*shard_, sink, SubscriptionRequest{},
                                                           Framing::kBare, GreetingOf()));
    ASSERT_EQ(subscriptions.back()->Pump(base::Now()), Next::kWait);
    ASSERT_EQ(sink.text, Greeting() + std::string(sse::kLive));
    sink.text.clear();
  }
  EXPECT_LT(AllocatedBytes() - before,
            kSubscriptions * (sizeof(Subscription) + Greeting().size() / 2));
}

TEST_F(SubscriptionTest, WhatComesWhileOthersAreWrittenIsGatheredAndWakesNobody) {
  for (const Framing framing : {Framing::kBare, Framing::kChunked}) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(Connect({.mode = Mode::kAll, .start = Start::kLive}, framing));
      clients.back()->sink.writes = 0;
      clients.back()->sink.text.clear();
    }
    Put("a", "k", "\"first\"");
    const int wakes = wakes_;
    // Members are served from the last to the first: the third to be written.
    clients[7]->sink.meanwhile = [&, done = false]() mutable {
      if (!std::exchange(done, true)) {
        for (int i = 0; i < 31; ++i) Put(i % 2 == 0 ? "a" : "b", "k", "\"later\"");
      }
    };
    Turn();
    EXPECT_EQ(wakes_, wakes);
    const std::vector<uint64_t> all = clients[0]->seqs();
    ASSERT_EQ(all.size(), 32U);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    for (size_t i = 0; i < clients.size(); ++i) {
      EXPECT_EQ(clients[i]->seqs(), all);
      EXPECT_EQ(clients[i]->sink.writes, i >= 7 ? 2U : 1U) << i;
    }
  }
}

TEST_F(SubscriptionTest, MemberThatLeavesWhileTheSliceGrowsTakesNothingFromTheOthers) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(Connect({.start = Start::kLive}));
  Put("a", "1");
  clients[3]->sink.meanwhile = [&] {
    clients[3]->sink.meanwhile = nullptr;
    Put("a", "2");
    // One that has been written already, so that the last takes its place; and one that has not.
    clients[4]->subscription.reset();
    clients[1]->subscription.reset();
  };
  Turn();
  for (const int i : {0, 2, 3, 5}) {
    EXPECT_THAT(clients[static_cast<size_t>(i)]->seqs(), ElementsAre(1, 2)) << i;
  }
}

TEST_F(SubscriptionTest, GroupsThatGetMoreAfterTheirTurnGetAnother) {
  auto a = Connect(Filtered({"a"}));
  auto b = Connect(Filtered({"b"}));
  Put("a", "1");
  Put("b", "1");
  b->sink.meanwhile = [&] {
    b->sink.meanwhile = nullptr;
    Put("a", "2");
    Put("b", "2");
  };
  a->sink.writes = b->sink.writes = 0;
  Turn();
  EXPECT_THAT(a->seqs(), ElementsAre(1, 3));
  EXPECT_THAT(b->seqs(), ElementsAre(2, 4));
  EXPECT_EQ(a->sink.writes, 2U);
  EXPECT_EQ(b->sink.writes, 2U);
}

TEST_F(SubscriptionTest, StartLiveSendsNothingOldAndAnIdToComeBackWith) {
  Put("a", "k");
  auto client = Connect({.start = Start::kLive});
  EXPECT_EQ(client->sink.text, base::Concat(Greeting("e-1"), sse::kLive));
  Put("a", "k");
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(2));
}

TEST_F(SubscriptionTest, StartEarliestSendsEveryEventOfTheWindow) {
  for (int i = 0; i < 300; ++i) Put("a", "k");
  auto client = Connect({.start = Start::kEarliest});
  ASSERT_EQ(client->seqs().size(), 300U);
  EXPECT_EQ(client->seqs().front(), 1U);
}

TEST_F(SubscriptionTest, LatencyIsThatOfEventsAfterItBegan) {
  Put("a", "old");
  auto client = Connect();
  Put("a", "new");
  Turn();
  uint64_t observed = 0;
  for (size_t i = 0; i <= metrics::Histogram::kBounds; ++i) {
    observed += shard_->stats().publish_to_write.bucket(i);
  }
  EXPECT_EQ(observed, 1U);
  EXPECT_EQ(shard_->stats().frames_delivered.value(), 2U);
}

TEST_F(SubscriptionTest, CountsWhatItsOwnSinkTook) {
  Put("a", "k");
  auto other = Connect();
  auto client = Connect({}, Framing::kChunked, /*room=*/300);
  Put("a", "k");
  Put("b", "k", std::string(1'000, '7'));
  Turn();
  // All but a part of the last frame.
  Drain(*client, 300);
  EXPECT_EQ(client->subscription->frames_delivered(), 2U);
  EXPECT_EQ(client->subscription->bytes_sent(), 600U);
  EXPECT_EQ(client->sink.text.size(), 600U);
  Drain(*client);
  EXPECT_EQ(client->subscription->frames_delivered(), 3U);
  EXPECT_EQ(client->subscription->bytes_sent(), client->sink.text.size());
  EXPECT_EQ(other->subscription->frames_delivered(), 3U);
  EXPECT_EQ(other->subscription->bytes_sent(), other->sink.text.size());
  EXPECT_EQ(shard_->stats().frames_delivered.value(), 6U);
}

TEST_F(SubscriptionTest, OneGatherWriteForABurst) {
  auto client = Connect();
  const size_t before = client->sink.writes;
  for (int i = 0; i < 64; ++i) Put("a", "k");
  Turn();
  EXPECT_EQ(client->sink.writes, before + 1);
  EXPECT_EQ(client->seqs().size(), 64U);
  EXPECT_EQ(shard_->stats().frames_delivered.value(), 64U);
}

TEST_F(SubscriptionTest, AFrameThatTwoFiltersMatchComesOnce) {
  auto client = Connect(Filtered({"a.*", "a.b", ">"}));
  Put("a.b", "k");
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(1));
}

TEST_F(SubscriptionTest, OnlyWhatTheFiltersMatch) {
  Put("a", "k");
  Put("b", "k");
  auto client = Connect(Filtered({"b", "c.>"}));
  for (const char* topic : {"a", "b", "c.d", "c"}) Put(topic, "k");
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(2, 4, 5));
}

TEST_F(SubscriptionTest, AFrameTakenInPartIsFinishedBeforeAnythingElse) {
  auto client = Connect();
  client->sink.room = 5;
  Put("a", "1");
  Put("a", "2");
  Turn();
  EXPECT_EQ(client->sink.wanted, Next::kWritable);
  EXPECT_TRUE(client->subscription->behind());
  Delete("a", "1");
  Turn();
  Drain(*client);
  EXPECT_THAT(client->seqs(), ElementsAre(1, 2, 3));
  EXPECT_FALSE(client->subscription->behind());
}

TEST_F(SubscriptionTest, LatestSkipsWhatIsSupersededOnlyWhileBehind) {
  auto client = Connect();
  client->sink.room = 0;
  for (int i = 0; i < 5; ++i) Put("a", "k");
  Put("a", "other");
  Turn();
  Drain(*client);
  EXPECT_THAT(client->seqs(), ElementsAre(5, 6));
  EXPECT_EQ(shard_->stats().frames_superseded.value(), 4U);
  for (int i = 0; i < 3; ++i) Put("a", "k");
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(5, 6, 7, 8, 9));
}

// As a shard does whose CPU cannot deliver all that is published.
TEST_F(SubscriptionTest, LatestSkipsWhatIsSupersededWhileTheShardIsLate) {
  const auto put_late = [&](std::string_view key) {
    window_->Append(sse::Frame::Create({.topic = "a",
                                        .key = key,
                                        .json = "1",
                                        .received_at = base::Now() - 2 * Shard::kLateAfter}));
  };
  auto latest = Connect();
  auto all = Connect({.mode = Mode::kAll});
  auto slow = Connect();
  slow->sink.room = 25;  // for one frame and a part
  for (const char* key : {"k", "other", "k", "once", "k", "k"}) put_late(key);
  Turn();
  EXPECT_THAT(latest->seqs(), ElementsAre(2, 4, 6));
  EXPECT_THAT(all->seqs(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(slow->subscription->behind());
  Drain(*slow);
  EXPECT_THAT(slow->seqs(), ElementsAre(2, 4, 6));
  EXPECT_EQ(shard_->stats().frames_superseded.value(), 6U);
  EXPECT_EQ(shard_->stats().frames_delivered.value(), 12U);

  for (int i = 0; i < 3; ++i) Put("a", "k");
  Turn();
  EXPECT_THAT(latest->seqs(), ElementsAre(2, 4, 6, 7, 8, 9)) << "in time again";
}

TEST_F(SubscriptionTest, AllGetsEveryEventHoweverSlow) {
  auto client = Connect({.mode = Mode::kAll});
  client->sink.room = 0;
  for (int i = 0; i < 200; ++i) Put("a", "k");
  Turn();
  for (int i = 0; i < 2000 && client->subscription->behind(); ++i) Drain(*client, 7);
  EXPECT_EQ(client->seqs().size(), 200U);
}

TEST_F(SubscriptionTest, WhatTheShardHasNotDeliveredYetComesOnce) {
  auto first = Connect();  // so that the shard listens
  Put("a", "1");
  Put("a", "2");
  auto client = Connect();
  EXPECT_THAT(client->seqs(), ElementsAre(1, 2)) << "read from the window";
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(1, 2));
  EXPECT_THAT(first->seqs(), ElementsAre(1, 2));
}

TEST_F(SubscriptionTest, ResumeGetsWhatCameAfterTheId) {
  for (int i = 0; i < 5; ++i) Put("a", i % 2 == 0 ? "even" : "odd");
  EXPECT_THAT(Connect(Resuming("e-2"))->seqs(), ElementsAre(4, 5));
  EXPECT_THAT(Connect(Resuming("e-2", Mode::kAll))->seqs(), ElementsAre(3, 4, 5));
  EXPECT_EQ(resumes(ResumeOutcome::kReplayed), 2U);
  EXPECT_THAT(Connect(Resuming("e-5"))->seqs(), IsEmpty());
  EXPECT_EQ(resumes(ResumeOutcome::kLive), 1U);
}

TEST_F(SubscriptionTest, AnIdThatCannotBeHonouredIsResetWithTheReason) {
  Put("a", "k");
  struct Case {
    const char* id;
    const char* reason;
  };
  for (const Case& c : {Case{"other-1", "other_epoch"}, Case{"e-2", "unknown_id"},
                        Case{"nonsense", "unknown_id"}, Case{"e-", "unknown_id"}}) {
    const auto events = Connect(Resuming(c.id))->events();
    ASSERT_EQ(events.size(), 2U) << c.id;
    EXPECT_EQ(events[0].type, "gateway.reset");
    EXPECT_EQ(events[0].data, base::Concat("{\"reason\":\"", c.reason, "\",\"missed\":null}"));
    EXPECT_EQ(events[1].seq, 1U);
  }
  EXPECT_EQ(resumes(ResumeOutcome::kReset), 4U);
}

TEST_F(SubscriptionTest, DeletionReachesThoseThatKnewTheKeyAndNobodyLater) {
  Put("a", "k");
  auto early = Connect();
  Delete("a", "k");
  Turn();
  auto late = Connect();
  EXPECT_EQ(early->events().back().type, "gateway.deleted");
  EXPECT_EQ(early->events().back().data, "{\"topic\":\"a\",\"key\":\"k\"}");
  EXPECT_THAT(late->events(), IsEmpty());
  EXPECT_EQ(Connect(Resuming("e-1"))->events().back().type, "gateway.deleted");
}

TEST_F(SubscriptionTest, EnvelopeNamesTheTopic) {
  Put("a", "k", "{}");
  EXPECT_THAT(
      Connect({.envelope = true})->sink.text,
      HasSubstr("data: {\"topic\":\"a\",\"key\":\"k\",\"time\":\"1970-01-01T00:00:00.000Z\","
                "\"data\":{}}\n"));
}

TEST_F(SubscriptionTest, ChunkedFramesEverythingAsChunks) {
  Put("a", "k");
  const auto client = Connect({}, Framing::kChunked);
  EXPECT_EQ(client->sink.text,
            base::Concat(sse::AsChunk(Greeting()), sse::AsChunk("data: 1\nid: e-1\n\n"),
                         sse::AsChunk(sse::kLive)));
}

TEST_F(SubscriptionTest, SliceIsOnePieceForAllThatHaveTheSameFiltersAndRendering) {
  std::vector<std::pair<Rendering, std::unique_ptr<Client>>> clients;
  for (int i = 0; i < 2; ++i) {
    for (const Framing framing : {Framing::kBare, Framing::kChunked}) {
      for (const bool envelope : {false, true}) {
        SubscriptionRequest request = Filtered({"a", "b"});
        request.start = Start::kLive;
        request.envelope = envelope;
        clients.emplace_back(Rendering{.framing = framing, .envelope = envelope},
                             Connect(std::move(request), framing));
        clients.back().second->sink.text.clear();
      }
    }
  }
  // Alone with what it asks for.
  const auto alone = Connect(Filtered({"a"}));
  for (int i = 1; i <= 3; ++i) Put("a", base::Concat("k-", i), base::Concat("{\"n\":", i, "}"));
  Turn();
  const window::ReadResult log =
      window_->Read(window::Filters::Everything(), window::ReadMode::kEvery, 0, 0, 10);
  ASSERT_EQ(log.frames.size(), 3U);
  for (const auto& [rendering, client] : clients) {
    std::string text;
    for (const sse::FramePtr& frame : log.frames) text += rendering.Event(*frame);
    EXPECT_EQ(client->sink.text, text);
    EXPECT_EQ(client->sink.pieces_of_last_write, 1U);
  }
  EXPECT_EQ(alone->sink.pieces_of_last_write, 3U) << "a copy would serve nobody else";
  EXPECT_GE(shard_->stats().joined_bytes.value(), JoinedSlice::kMaxBytes);
}

TEST_F(SubscriptionTest, FinishSaysItsLastWordsAndEndsTheBody) {
  auto client = Connect({}, Framing::kChunked);
  client->sink.room = 3;
  Put("a", "k");
  Turn();
  client->subscription->Finish("event: gateway.bye\ndata: {}\n\n");
  EXPECT_FALSE(client->subscription->finished());
  Put("a", "k");
  Turn();
  Drain(*client);
  EXPECT_TRUE(client->subscription->finished());
  EXPECT_THAT(client->sink.text, HasSubstr("data: 1\nid: e-1\n\n\r\n"));
  EXPECT_THAT(client->sink.text, testing::Not(HasSubstr("e-2")));
  EXPECT_THAT(client->sink.text, EndsWith("event: gateway.bye\ndata: {}\n\n\r\n0\r\n\r\n"));
}

TEST_F(SubscriptionTest, HeartbeatOnlyWhenNothingElseIsToBeWritten) {
  auto client = Connect();
  client->subscription->Heartbeat(base::Now());
  EXPECT_THAT(client->sink.text, EndsWith(base::Concat(sse::kLive, ":\n")));
  client->sink.room = 0;
  Put("a", "k");
  Turn();
  EXPECT_EQ(client->subscription->Heartbeat(base::Now()), Next::kWait);
  EXPECT_EQ(shard_->stats().heartbeats_sent.value(), 1U);
}

TEST_F(SubscriptionTest, HeartbeatIsAnEventWhereThatIsAskedFor) {
  auto client = Connect({.heartbeat = HeartbeatForm::kEvent});
  client->subscription->Heartbeat(base::Now());
  EXPECT_THAT(client->sink.text, EndsWith(base::Concat(sse::kLive, sse::kHeartbeatEvent)));
}

TEST_F(SubscriptionTest, HelloSaysWhetherItResumesAndWhereACutBeforeTheFirstEventGoesOn) {
  Put("a", "k");
  struct Case {
    const char* presented;
    const char* begins;
  };
  for (const Case& c : {Case{"e-1",
                             ":\nevent: gateway.cut\ndata: {}\nid: e-1\n\n"
                             "event: gateway.hello\nretry: 2000\n"
                             "data: {\"connection\":\"c\",\"resumed\":true}\nid: e-1\n\n"
                             "event: gateway.live\n"},
                        Case{"f-1",
                             ":\nevent: gateway.cut\ndata: {}\nid: f-1\n\n"
                             "event: gateway.hello\nretry: 2000\n"
                             "data: {\"connection\":\"c\",\"resumed\":false}\n\n"
                             "event: gateway.reset\n"},
                        Case{"no id",
                             ":\nevent: gateway.cut\ndata: {}\n\n"
                             "event: gateway.hello\nretry: 2000\n"
                             "data: {\"connection\":\"c\",\"resumed\":false}\n\n"
                             "event: gateway.reset\n"}}) {
    EXPECT_THAT(Connect(Resuming(c.presented))->sink.text, StartsWith(c.begins)) << c.presented;
  }
}

TEST_F(SubscriptionTest, SaysLiveOnceWhenAllThatWasThereHasBeenTaken) {
  for (const Mode mode : {Mode::kLatest, Mode::kAll}) {
    for (const Start start : {Start::kSnapshot, Start::kEarliest}) {
      Delete("a", "k");
      for (int i = 0; i < 200; ++i) Put("a", std::to_string(i));
      const std::string last = base::Concat("id: e-", window_->head(), "\n\n");
      // A byte at a time: whatever is cut short, it comes behind the last event and not before it.
      auto client = Connect({.mode = mode, .start = start}, Framing::kBare, /*room=*/1);
      for (int i = 0; client->sink.wanted != Next::kWait && i < 100'000; ++i) {
        client->sink.room = 7;
        Pump(*client);
      }
      const std::string& text = client->sink.text;
      EXPECT_EQ(text.find(sse::kLive), text.rfind(sse::kLive));
      EXPECT_EQ(text.find(sse::kLive), text.find(last) + last.size());
      client->sink.room = std::numeric_limits<size_t>::max();
      Put("a", "later");
      Turn();
      EXPECT_THAT(text, EndsWith(base::Concat("id: e-", window_->head(), "\n\n")));
      EXPECT_EQ(text.find(sse::kLive), text.rfind(sse::kLive));
    }
  }
}

TEST_F(SubscriptionTest, SaysLiveInTheWriteThatBringsTheLastOfTheSnapshot) {
  Put("a", "k");
  EXPECT_EQ(Connect()->sink.writes, 1U);
  EXPECT_EQ(Connect({.start = Start::kLive})->sink.writes, 1U);
}

TEST_F(SubscriptionTest, PacedGetsTheNewestOfEachKeyWhenItsTimeComes) {
  Put("a", "k");
  auto client = Connect({.min_interval = std::chrono::seconds(1)});
  EXPECT_THAT(client->seqs(), ElementsAre(1));
  for (int i = 0; i < 4; ++i) Put("a", "k");
  Put("a", "other");
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(1));
  client->subscription->PumpPaced(base::Now());
  EXPECT_THAT(client->seqs(), ElementsAre(1, 5, 6));
  const size_t writes = client->sink.writes;
  client->subscription->PumpPaced(base::Now());
  EXPECT_EQ(client->sink.writes, writes);
}

TEST_F(SubscriptionTest, APeerThatIsGoneHurtsNobodyElse) {
  auto one = Connect();
  auto gone = Connect();
  auto other = Connect();
  gone->sink.gone = true;
  Put("a", "k");
  Turn();
  EXPECT_EQ(gone->sink.wanted, Next::kGone);
  EXPECT_EQ(gone->subscription->Pump(base::Now()), Next::kGone);
  gone->subscription.reset();
  Put("a", "k");
  Turn();
  EXPECT_THAT(one->seqs(), ElementsAre(1, 2));
  EXPECT_THAT(other->seqs(), ElementsAre(1, 2));
}

// A connection that closes from within the delivery to it, as the last of its group too.
TEST_F(SubscriptionTest, MayBeDestroyedWhileItsGroupIsServed) {
  class ClosingSink final : public ByteSink {
   public:
    ssize_t Write(std::span<const iovec>) override { return gone ? -1 : 0; }
    void OnNext(Next) override { subscription.reset(); }
    bool gone = false;
    std::unique_ptr<Subscription> subscription;
  };
  ClosingSink sinks[3];
  std::vector<std::unique_ptr<Client>> others;
  for (ClosingSink& sink : sinks) {
    sink.subscription = std::make_unique<Subscription>(*shard_, sink, Filtered({"x"}),
                                                       Framing::kBare, GreetingOf());
  }
  others.push_back(Connect());
  Turn();
  const uint64_t with_group = shard_->stats().filter_bytes.value();
  // Live, so that the shard delivers to them.
  for (ClosingSink& sink : sinks) sink.gone = true;
  Put("x", "k");
  Turn();
  for (ClosingSink& sink : sinks) {
    if (sink.subscription) sink.OnNext(sink.subscription->Pump(base::Now()));
  }
  EXPECT_LT(shard_->stats().filter_bytes.value(), with_group);
  Put("x", "k");
  Turn();
  EXPECT_THAT(others[0]->seqs(), ElementsAre(1, 2));
}

TEST_F(SubscriptionTest, NothingIsLostWhenTheMailboxOverflows) {
  auto all = Connect({.mode = Mode::kAll});
  const size_t count = Mailbox::kMaxFrames + 100;  // and all of them still in the window
  for (size_t i = 0; i < count; ++i) Put("a", "k");
  Turn();
  EXPECT_EQ(all->seqs().size(), count);
  Put("a", "k");
  Turn();
  EXPECT_EQ(all->seqs().back(), count + 1);
}

// The count of what was missed does not suffer from a mailbox that overflowed meanwhile.
TEST_F(SubscriptionTest, MissedIsExactThoughTheMailboxOverflowed) {
  auto client = Connect({.mode = Mode::kAll});
  client->sink.room = 0;
  Put("a", "k");
  Turn();
  const size_t count = 2 * 10'000;  // twice what the window holds
  for (size_t i = 1; i < count; ++i) {
    Put("a", "k");
    if (i % 3'000 == 0) Turn();
  }
  Drain(*client);
  EXPECT_EQ(Missed(client->events()[0]), count);
}

TEST_F(SubscriptionTest, AShardWithoutSubscriptionsIsNotWoken) {
  Put("a", "k");
  EXPECT_EQ(wakes_, 0);
  auto client = Connect();
  client->subscription.reset();
  Put("a", "k");
  EXPECT_EQ(wakes_, 0);
  client = Connect();
  Put("a", "k");
  Turn();
  EXPECT_THAT(client->seqs(), ElementsAre(2, 3));
}

TEST_F(SubscriptionTest, LagIsThatOfConnectionsThatAreBehind) {
  auto healthy = Connect();
  auto slow = Connect();
  slow->sink.room = 0;
  for (int i = 0; i < 3; ++i) Put("a", "k");
  Turn();
  EXPECT_EQ(slow->subscription->progress(), Progress::kBehind);
  EXPECT_EQ(healthy->subscription->progress(), Progress::kLive);
  const auto lag = TakeLag(base::Now() + std::chrono::minutes(1));
  EXPECT_EQ(lag.subscriptions, 1U);
  EXPECT_EQ(lag.events_sum, 3U);
  EXPECT_GE(lag.age_sum, std::chrono::minutes(1));
  EXPECT_EQ(lag.by_events[2], 1U) << "from 2 to 10 events";
  EXPECT_EQ(lag.by_age[10], 1U) << "from one minute to five";
  EXPECT_EQ(shard_->stats().behind.value(), 1U);
  slow->subscription.reset();
  EXPECT_EQ(shard_->stats().behind.value(), 0U);
  EXPECT_EQ(TakeLag(base::Now()).subscriptions, 0U);
}

TEST_F(SubscriptionTest, LagOfOneThatIsStuckInItsSnapshotIsWhatHasComeSince) {
  Put("a", "k", std::string(1'000, '7'));
  Put("b", "k");
  auto stuck = Connect({}, Framing::kBare, /*room=*/100);
  EXPECT_EQ(stuck->subscription->progress(), Progress::kSnapshot);
  EXPECT_EQ(TakeLag(base::Now()).subscriptions, 0U);
  Put("c", "k");
  EXPECT_EQ(TakeLag(base::Now()).events_sum, 1U);
}

// Some leave or catch up while the others are still to be looked at.
TEST_F(SubscriptionTest, LagCountsEachOnceWhileOthersLeave) {
  constexpr size_t kClients = 2 * Shard::kLagsPerTurn + 100;
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(Connect());
    clients.back()->sink.room = 0;
  }
  Put("a", "k");
  Turn();
  shard_->BeginLag();
  ASSERT_EQ(shard_->CountLag(base::Now()), Work::kMore);
  // The shard served them from the last to the first, so that the last one fell behind first and is
  // looked at last.
  for (size_t i = 0; i < 50; ++i) Drain(*clients[i]);
  for (size_t i = kClients - 50; i < kClients; ++i) Drain(*clients[i]);
  for (size_t i = kClients - 100; i < kClients - 50; ++i) clients[i]->subscription.reset();
  while (shard_->CountLag(base::Now()) == Work::kMore) {
  }
  EXPECT_EQ(shard_->lag().subscriptions, kClients - 100) << "except those that left before";
}

class SmallWindowTest : public SubscriptionTest {
 protected:
  SmallWindowTest() : SubscriptionTest({.max_events = 10, .snapshot_max_keys = 4}) {}
};

TEST_F(SmallWindowTest, AllIsToldExactlyHowManyItMissed) {
  auto client = Connect({.mode = Mode::kAll});
  Put("a", "k");
  Turn();
  client->sink.room = 0;
  for (int i = 0; i < 25; ++i) Put("a", i % 2 == 0 ? "even" : "odd");
  Turn();
  Drain(*client);
  const auto events = client->events();
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[1].type, "gateway.reset");
  EXPECT_EQ(Missed(events[1]), 25U);
  EXPECT_EQ(events[2].seq, 1U);
  EXPECT_EQ(events[3].seq, 25U);
  EXPECT_EQ(events[4].seq, 26U);
  Put("a", "k");
  Turn();
  EXPECT_EQ(client->seqs().back(), 27U);
}

class ManyKeysTest : public SubscriptionTest {
 protected:
  ManyKeysTest() : SubscriptionTest({.max_events = 10}) {}
};

TEST_F(ManyKeysTest, LiveWaitsForTheSnapshotOfAResetThatComesBeforeIt) {
  Put("a", "0");
  auto client = Connect(Resuming("e-0", Mode::kAll), Framing::kBare, /*room=*/10);
  for (int i = 1; i < 300; ++i) Put("a", std::to_string(i));
  Turn();
  Drain(*client);
  const std::string& text = client->sink.text;
  const size_t live = text.find(sse::kLive);
  EXPECT_THAT(text, HasSubstr("gateway.reset"));
  ASSERT_NE(text.find("id: e-300\n"), std::string::npos);
  EXPECT_LT(text.find("id: e-300\n"), live);
  EXPECT_EQ(text.rfind(sse::kLive), live);
}

TEST_F(SmallWindowTest, MissedCountsOnlyWhatTheFiltersMatch) {
  auto request = Filtered({"a"});
  request.mode = Mode::kAll;
  auto client = Connect(request);
  client->sink.room = 0;
  for (int i = 0; i < 30; ++i) Put(i % 3 == 0 ? "a" : "b", "k");
  Turn();
  Drain(*client);
  EXPECT_EQ(Missed(client->events()[0]), 10U);
}

// It has read from the window what its shard has not come to yet.
TEST_F(SmallWindowTest, MissedIsExactThoughTheShardIsBehindTheConnection) {
  auto other = Connect();  // so that the shard listens
  Put("a", "k");
  auto client = Connect({.mode = Mode::kAll});
  client->sink.room = 0;
  client->subscription->Heartbeat(base::Now());
  EXPECT_TRUE(client->subscription->behind());
  for (int i = 0; i < 25; ++i) Put("a", "k");
  Drain(*client);
  const auto events = client->events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(Missed(events[1]), 25U);
}

TEST_F(SmallWindowTest, LatestGoesOnPastTheWindowSilently) {
  auto client = Connect();
  client->sink.room = 0;
  Put("quiet", "k");
  for (int i = 0; i < 25; ++i) Put("a", "k");
  Turn();
  Drain(*client);
  EXPECT_THAT(client->seqs(), ElementsAre(1, 26));
}

TEST_F(SmallWindowTest, ResumePastTheWindowIsResetInAllAndNotInLatest) {
  for (int i = 0; i < 25; ++i) Put("a", "k");
  EXPECT_THAT(Connect(Resuming("e-1"))->seqs(), ElementsAre(25));
  const auto events = Connect(Resuming("e-1", Mode::kAll))->events();
  EXPECT_EQ(events[0].data, "{\"reason\":\"expired\",\"missed\":null}");
  EXPECT_EQ(events[1].seq, 25U);
}

// Its cursor is that of its last event, long before the window, and it has missed nothing.
TEST_F(SmallWindowTest, AQuietTopicIsNotResetThoughTheLogHasMovedOn) {
  for (const Mode mode : {Mode::kAll, Mode::kLatest}) {
    SCOPED_TRACE(mode == Mode::kAll ? "all" : "latest");
    auto request = Filtered({"quiet", "quiet.>"});
    request.mode = mode;
    const uint64_t known = Put("quiet", "k");
    auto client = Connect(request);
    for (int i = 0; i < 50; ++i) Put("busy", std::to_string(i));
    Turn();
    client->sink.room = 0;
    const uint64_t first = Put("quiet", "k");
    const uint64_t second = Put("quiet", "other");
    Turn();
    EXPECT_TRUE(client->subscription->behind());
    Drain(*client);
    EXPECT_THAT(client->seqs(), IsSupersetOf({known, first, second}));
    EXPECT_THAT(client->events(), Each(Field(&ParsedEvent::type, "")));
  }
}

TEST_F(SmallWindowTest, APacedQuietTopicIsNotResetThoughKeysOfOthersAreForgotten) {
  auto request = Filtered({"quiet"});
  request.min_interval = std::chrono::seconds(1);
  Put("quiet", "k");
  auto client = Connect(request);
  for (int i = 0; i < 50; ++i) {
    Put("busy", std::to_string(i));
    Turn();
    client->subscription->PumpPaced(base::Now());
  }
  Put("quiet", "k");
  Turn();
  client->subscription->PumpPaced(base::Now());
  EXPECT_THAT(client->seqs(), ElementsAre(1, 52));
}

TEST_F(SmallWindowTest, AnIdOlderThanTheWindowIsGoodWhereNothingOfItsTopicsWasLost) {
  Put("quiet", "k");
  for (int i = 0; i < 25; ++i) Put("busy", "k");
  auto request = Resuming("e-1", Mode::kAll);
  request.filters = window::Filters({*window::Filter::Parse("quiet")});
  EXPECT_THAT(Connect(request)->seqs(), IsEmpty());
  EXPECT_EQ(resumes(ResumeOutcome::kLive), 1U);
  Put("quiet", "k");
  EXPECT_THAT(Connect(request)->seqs(), ElementsAre(27));
  EXPECT_EQ(resumes(ResumeOutcome::kReplayed), 1U);
}

// The shard loses track of what the log has lost; a paced subscription gets all the rest.
TEST_F(SmallWindowTest, PacedGetsWhatTheShardHasLostTrackOf) {
  auto request = Filtered({"quiet"});
  request.min_interval = std::chrono::seconds(1);
  auto client = Connect(request);
  Put("quiet", "k");
  for (size_t i = 0; i < Mailbox::kMaxFrames + 100; ++i) Put("busy", "k");
  Turn();
  client->subscription->PumpPaced(base::Now());
  EXPECT_THAT(client->seqs(), ElementsAre(1));
}

TEST_F(SmallWindowTest, LatestIsResetOnlyWhereTheSnapshotCannotMakeItGood) {
  for (int i = 0; i < 6; ++i) Put("a", std::to_string(i));  // room for four keys: 1 and 2 are gone
  EXPECT_EQ(Connect(Resuming("e-1"))->events()[0].type, "gateway.reset");
  EXPECT_THAT(Connect(Resuming("e-2"))->seqs(), ElementsAre(3, 4, 5, 6));
}

}  // namespace
}  // namespace ssegw::fanout
