// Messages to one connection alone: their order, their bounds, and what their senders are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/control.h"
#include "tests/testing/chunked_decoder.h"
#include "tests/unit/fanout/fake_sink.h"

namespace ssegw::fanout {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kAnyRoom = std::numeric_limits<size_t>::max();
constexpr size_t kMaxBytes = 64 * 1024;

// A subscription and its connection's part: it pumps when it is asked to, and keeps the fates.
class Reader {
 public:
  Reader(Shard& shard, Framing framing, base::TimePoint& now) : now_(now) {
    client_.subscription = std::make_unique<Subscription>(
        shard, client_.sink, SubscriptionRequest(), framing,
        Subscription::Greeting{.connection_id = "c", .retry = kRetryOfTest});
    Do(Next::kSoon);
  }

  FakeSink& sink() { return client_.sink; }
  Subscription& subscription() { return *client_.subscription; }
  bool stalled() const { return stalled_; }
  std::vector<std::string> NewEvents() { return client_.NewEvents(); }
  const std::map<int, std::vector<MessageFate>>& fates() const { return fates_; }
  std::vector<MessageFate> fates(int number) const {
    const auto it = fates_.find(number);
    return it == fates_.end() ? std::vector<MessageFate>() : it->second;
  }

  // Without a write. False: there is no room.
  bool Queue(int number, const std::string& data, base::TimePoint deadline = base::TimePoint::max(),
             Message::Tell tell = Message::Tell::kEnd) {
    Message message{.text = sse::Event("m", data),
                    .deadline = deadline,
                    .tell = tell,
                    .done = [this, number](MessageFate fate) { fates_[number].push_back(fate); }};
    return subscription().Queue(message, kMaxBytes);
  }
  void Flush() {
    if (!stalled_) Do(subscription().Flush(now_));
  }
  // What the shard has asked for, and what the socket has room for.
  void Run() {
    const Next wanted = std::exchange(sink().wanted, Next::kWait);
    if (wanted != Next::kWait) Do(wanted);
    if (stalled_ && sink().room > 0) Do(Next::kSoon);
  }
  void Do(Next next) {
    while (next == Next::kSoon) next = subscription().Pump(now_);
    stalled_ = next == Next::kWritable;
    if (next == Next::kGone) gone_ = true;
  }
  bool gone() const { return gone_; }
  void Cut() { client_.subscription = nullptr; }

 private:
  base::TimePoint& now_;
  // What is left hears of its end.
  std::map<int, std::vector<MessageFate>> fates_;
  Client client_;
  bool stalled_ = false;
  bool gone_ = false;
};

class MessagesTest : public ::testing::Test {
 protected:
  void Put(std::string_view json) {
    window_.Append(sse::Frame::Create({.topic = "t", .key = "k", .json = json}));
  }
  void Turn() {
    while (shard_.Turn(now_) == Work::kMore) continue;
  }
  uint64_t Count(MessageFate fate) const { return shard_.stats().messages[fate].value(); }

  base::TimePoint now_ = base::Now();
  window::Window window_{"e", {}};
  Shard shard_{window_, [] {}};
};

TEST_F(MessagesTest, ManyGoOutInOneWriteWithoutAnId) {
  Reader reader(shard_, Framing::kBare, now_);
  reader.NewEvents();
  const size_t writes = reader.sink().writes;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(reader.Queue(i, base::Concat(i)));
  EXPECT_THAT(reader.fates(), IsEmpty());
  reader.Flush();
  EXPECT_EQ(reader.sink().writes, writes + 1);
  EXPECT_THAT(reader.NewEvents(),
              ElementsAre("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(reader.fates(i), ElementsAre(MessageFate::kDelivered));
  }
  EXPECT_EQ(Count(MessageFate::kDelivered), 10U);
  EXPECT_EQ(shard_.stats().send_queue_bytes.value(), 0U);
}

TEST_F(MessagesTest, OneMoreThanAWriteTakesGoesOutToo) {
  Reader reader(shard_, Framing::kChunked, now_);
  reader.sink().text.clear();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(reader.Queue(i, base::Concat(i)));
  reader.Flush();
  EXPECT_EQ(Count(MessageFate::kDelivered), 200U);
}

TEST_F(MessagesTest, AWholeMessageComesBeforeTheFramesThatAreOwed) {
  Reader reader(shard_, Framing::kBare, now_);
  reader.NewEvents();
  reader.sink().room = 10;
  Put("1");
  Turn();
  reader.Run();
  ASSERT_TRUE(reader.stalled());
  Put("2");
  Turn();
  ASSERT_TRUE(reader.Queue(1, "a"));
  reader.Flush();
  reader.sink().room = kAnyRoom;
  reader.Run();
  EXPECT_THAT(reader.NewEvents(), ElementsAre("1@1", "ma", "2@2"));
}

TEST_F(MessagesTest, AStuckReaderHoldsItsBoundAndNoMore) {
  Reader reader(shard_, Framing::kBare, now_);
  reader.sink().room = 0;
  const std::string data(1000, 'x');
  int taken = 0;
  while (reader.Queue(taken, data)) {
    reader.Flush();
    ASSERT_LT(++taken, 1000);
  }
  EXPECT_GT(taken, 50) << "64 KiB have room for more than half of that in messages of 1000 bytes";
  EXPECT_LE(shard_.stats().send_queue_bytes.value(), kMaxBytes);
  // Of the gateway's own words there is always room.
  EXPECT_EQ(Count(MessageFate::kDelivered), 0U);
  reader.Cut();
  EXPECT_EQ(Count(MessageFate::kGone), static_cast<uint64_t>(taken));
  EXPECT_EQ(shard_.stats().send_queue_bytes.value(), 0U);
  for (int i = 0; i < taken; ++i) EXPECT_THAT(reader.fates(i), ElementsAre(MessageFate::kGone));
}

TEST_F(MessagesTest, OneAsLargeAsTheBoundFitsWhereNothingWaits) {
  Reader reader(shard_, Framing::kBare, now_);
  reader.sink().room = 0;
  EXPECT_TRUE(reader.Queue(1, std::string(kMaxBytes, 'x')));
  EXPECT_FALSE(reader.Queue(2, "a"));
}

TEST_F(MessagesTest, ADeadlineTakesOutWhatHasNotBeenBegun) {
  Reader reader(shard_, Framing::kBare, now_);
  reader.NewEvents();
  reader.sink().room = 5;
  ASSERT_TRUE(reader.Queue(1, "begun", now_ + milliseconds(10)));
  reader.Flush();
  ASSERT_TRUE(reader.Queue(2, "late", now_ + milliseconds(10)));
  ASSERT_TRUE(reader.Queue(3, "in time", now_ + milliseconds(30)));
  EXPECT_LE(reader.subscription().next_message_deadline(), now_ + milliseconds(10));
  now_ += milliseconds(20);
  reader.subscription().ExpireMessages(now_);
  EXPECT_THAT(reader.fates(2), ElementsAre(MessageFate::kExpired));
  EXPECT_EQ(reader.subscription().next_message_deadline(), now_ + milliseconds(10));
  reader.sink().room = kAnyRoom;
  reader.Run();
  EXPECT_THAT(reader.NewEvents(), ElementsAre("mbegun", "min time"));
  EXPECT_THAT(reader.fates(1), ElementsAre(MessageFate::kDelivered));
  EXPECT_THAT(reader.fates(3), ElementsAre(MessageFate::kDelivered));
}

// The deadline is kept by whoever writes, if the wheel comes late.
TEST_F(MessagesTest, NothingIsWrittenAfterItsDeadline) {
  Reader reader(shard_, Framing::kBare, now_);
  reader.NewEvents();
  ASSERT_TRUE(reader.Queue(1, "late", now_));
  reader.Flush();
  EXPECT_THAT(reader.NewEvents(), IsEmpty());
  EXPECT_THAT(reader.fates(1), ElementsAre(MessageFate::kExpired));
}

TEST_F(MessagesTest, WhatWaitsComesBeforeTheLastWords) {
  Reader reader(shard_, Framing::kChunked, now_);
  reader.sink().room = 0;
  ASSERT_TRUE(reader.Queue(1, "a"));
  reader.Flush();
  reader.subscription().Finish(sse::Bye(sse::ByeReason::kClosed, milliseconds(1)));
  EXPECT_FALSE(reader.subscription().finished());
  reader.sink().room = kAnyRoom;
  reader.sink().text.clear();
  reader.Run();
  EXPECT_TRUE(reader.subscription().finished());
  EXPECT_LT(reader.sink().text.find("data: a"), reader.sink().text.find("gateway.bye"));
}

TEST_F(MessagesTest, ItCountsAsAWriteForHeartbeats) {
  Reader reader(shard_, Framing::kBare, now_);
  now_ += milliseconds(100);
  ASSERT_TRUE(reader.Queue(1, "a"));
  reader.Flush();
  EXPECT_EQ(reader.subscription().last_write(), now_);
}

// One schedule of sends, events, stalls, deadlines and an end, and what has to hold after it.
class Schedule {
 public:
  explicit Schedule(uint32_t seed)
      : random_(seed),
        framing_(Pick(2) == 0 ? Framing::kBare : Framing::kChunked),
        reader_(shard_, framing_, now_) {}

  void Run() {
    const int steps = 20 + Pick(60);
    for (int i = 0; i < steps && !reader_.gone(); ++i) Step();
    End();
    Check();
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void Step() {
    now_ += milliseconds(Pick(3));
    switch (Pick(6)) {
      case 0:
      case 1: {
        const int count = 1 + Pick(Pick(10) == 0 ? 100 : 3);
        for (int i = 0; i < count; ++i) Send();
        reader_.Flush();
        break;
      }
      case 2:
        window_.Append(sse::Frame::Create(
            {.topic = "t", .key = "k", .json = base::Concat(++events_, "000000")}));
        break;
      case 3:
        while (shard_.Turn(now_) == Work::kMore) continue;
        break;
      case 4:
        reader_.sink().room = static_cast<size_t>(Pick(2) == 0 ? 0 : Pick(300));
        break;
      case 5:
        reader_.subscription().ExpireMessages(now_);
        break;
    }
    reader_.Run();
  }

  void Send() {
    const int number = ++sent_;
    const bool queued = Pick(4) == 0;
    const std::string data =
        base::Concat("<", number, ">", std::string(Pick(200), 'x'), "</", number, ">");
    const bool taken = reader_.Queue(
        number, data, Pick(2) == 0 ? base::TimePoint::max() : now_ + milliseconds(Pick(20)),
        queued ? Message::Tell::kQueued : Message::Tell::kEnd);
    if (taken) (queued ? queued_ : ended_).push_back(number);
  }

  // Left to read on, closed in order, cut, or found gone.
  void End() {
    const int how = Pick(4);
    if (how == 1 && !reader_.gone()) {
      reader_.subscription().Finish(sse::Bye(sse::ByeReason::kClosed, milliseconds(1)));
    }
    if (how == 3) reader_.sink().gone = true;
    if (how != 2) {
      reader_.sink().room = kAnyRoom;
      reader_.Flush();
      reader_.Run();
    }
    text_ = reader_.sink().text;
    reader_.Cut();
  }

  void Check() {
    const std::string text = Decoded();
    std::map<int, int> whole;
    int last = 0;
    for (const ParsedEvent& event : ParseEvents(text)) {
      if (event.type != "m") continue;
      const int number = std::stoi(event.data.substr(1));
      const std::string end = base::Concat("</", number, ">");
      EXPECT_TRUE(event.data.ends_with(end)) << event.data;
      EXPECT_EQ(event.data.find('<', 1), event.data.size() - end.size()) << event.data;
      EXPECT_GT(number, last) << "order";
      last = number;
      ++whole[number];
    }
    for (const auto& [number, count] : whole) EXPECT_EQ(count, 1) << number;
    for (const int number : queued_) {
      EXPECT_THAT(reader_.fates(number), ElementsAre(MessageFate::kQueued));
    }
    for (const int number : ended_) {
      ASSERT_EQ(reader_.fates(number).size(), 1U) << number;
      const MessageFate fate = reader_.fates(number).front();
      EXPECT_EQ(whole.count(number), fate == MessageFate::kDelivered ? 1U : 0U) << number;
      if (fate == MessageFate::kExpired) {
        EXPECT_EQ(text.find(base::Concat("<", number, ">")), std::string::npos) << number;
      }
    }
    EXPECT_EQ(shard_.stats().send_queue_bytes.value(), 0U);
  }

  std::string Decoded() const {
    if (framing_ == Framing::kBare) return text_;
    return testing::ChunkedDecoder().Decode(text_);
  }

  std::mt19937 random_;
  base::TimePoint now_ = base::Now();
  window::Window window_{"e", {}};
  Shard shard_{window_, [] {}};
  const Framing framing_;
  Reader reader_;
  int events_ = 0;
  int sent_ = 0;
  std::vector<int> queued_;
  std::vector<int> ended_;
  std::string text_;
};

TEST(MessagesModelTest, EachIsWholeAndOnceAndInOrderAsItsSenderIsTold) {
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(base::Concat("seed ", seed));
    Schedule(seed).Run();
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace ssegw::fanout
