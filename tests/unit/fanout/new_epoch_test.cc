// What connections see when the window begins another epoch, or loses events, while they are open.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "tests/unit/fanout/fake_sink.h"

namespace ssegw::fanout {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kAnyRoom = std::numeric_limits<size_t>::max();

class NewEpochTest : public testing::Test {
 protected:
  void PutAt(uint64_t seq, std::string_view key, std::string_view json) {
    window_.AppendAt(seq, sse::Frame::Create({.topic = "t", .key = key, .json = json}));
  }
  std::unique_ptr<Client> Connect(Mode mode, size_t room = kAnyRoom,
                                  base::Duration min_interval = base::Duration(0)) {
    auto client = std::make_unique<Client>();
    client->sink.room = room;
    client->subscription = std::make_unique<Subscription>(
        shard_, client->sink, SubscriptionRequest{.mode = mode, .min_interval = min_interval},
        Framing::kBare, Subscription::Greeting{.connection_id = "c", .retry = kRetryOfTest});
    Pump(*client);
    return client;
  }
  static void Pump(Client& client) {
    while (client.subscription->Pump(base::Now()) == Next::kSoon) continue;
  }
  void Turn() {
    while (shard_.Turn(base::Now()) == Work::kMore) continue;
  }

  window::Window window_{"e", {}};
  int wakes_ = 0;
  Shard shard_{window_, [this] { ++wakes_; }};
};

constexpr char kOtherEpoch[] = R"(gateway.reset{"reason":"other_epoch","missed":null})";
constexpr char kExpired[] = R"(gateway.reset{"reason":"expired","missed":null})";

TEST_F(NewEpochTest, LiveConnectionsAreResetAndGetTheSnapshotOfTheNewLog) {
  PutAt(1000, "k", "1");
  for (const Mode mode : {Mode::kAll, Mode::kLatest}) {
    auto client = Connect(mode);
    EXPECT_THAT(client->NewEvents(), ElementsAre("1@1000"));
    Turn();
    const int wakes = wakes_;
    window_.Restart("f");
    EXPECT_EQ(wakes_, wakes + 1);
    PutAt(3, "a", "2");
    PutAt(7, "b", "3");
    Turn();
    EXPECT_EQ(client->sink.wanted, Next::kSoon);
    Pump(*client);
    EXPECT_THAT(client->sink.text, EndsWith("id: f-7\n\n"));
    EXPECT_THAT(client->NewEvents(), ElementsAre(kOtherEpoch, "2@3", "3@7"));
    // Live again: a seq that the old log had gets through.
    PutAt(1000, "k", "4");
    Turn();
    EXPECT_THAT(client->NewEvents(), ElementsAre("4@1000"));
    client.reset();
    window_.Restart("e");
    PutAt(1000, "k", "1");
  }
  EXPECT_EQ(shard_.stats().resets[sse::ResetReason::kOtherEpoch].value(), 2U);
}

TEST_F(NewEpochTest, NothingOfTheNewLogComesBeforeTheReset) {
  PutAt(5, "k", "1");
  auto behind = Connect(Mode::kAll, 0);
  window_.Restart("f");
  // As if they followed what the connection has.
  PutAt(6, "k", "2");
  behind->sink.room = kAnyRoom;
  for (int i = 0; i < 3; ++i) behind->subscription->Pump(base::Now());
  EXPECT_THAT(behind->NewEvents(), IsEmpty());
  Turn();
  Pump(*behind);
  EXPECT_THAT(behind->NewEvents(), ElementsAre(kOtherEpoch, "2@6"));
}

TEST_F(NewEpochTest, AHalfWrittenEventIsFinishedAndMovesNoCursor) {
  auto client = Connect(Mode::kAll);
  client->NewEvents();
  client->sink.room = 10;
  PutAt(1000, "k", "\"a longer event\"");
  Turn();
  ASSERT_EQ(client->sink.text.size(), 10U);
  window_.Restart("f");
  PutAt(1, "k", "2");
  Turn();
  client->sink.room = kAnyRoom;
  Pump(*client);
  EXPECT_THAT(client->NewEvents(), ElementsAre("\"a longer event\"@1000", kOtherEpoch, "2@1"));
}

TEST_F(NewEpochTest, APacedConnectionIsResetWhenItsTimeComes) {
  PutAt(1000, "k", "1");
  auto client = Connect(Mode::kLatest, kAnyRoom, std::chrono::seconds(1));
  EXPECT_THAT(client->NewEvents(), ElementsAre("1@1000"));
  window_.Restart("f");
  PutAt(1, "k", "2");
  Turn();
  EXPECT_THAT(client->NewEvents(), IsEmpty());
  while (client->subscription->PumpPaced(base::Now()) == Next::kSoon) continue;
  EXPECT_THAT(client->NewEvents(), ElementsAre(kOtherEpoch, "2@1"));
  PutAt(2, "k", "3");
  Turn();
  while (client->subscription->PumpPaced(base::Now()) == Next::kSoon) continue;
  EXPECT_THAT(client->NewEvents(), ElementsAre("3@2"));
}

TEST_F(NewEpochTest, ALogThatIsLoadedAgainIsNoOtherEpoch) {
  PutAt(10, "k", "1");
  auto client = Connect(Mode::kLatest);
  client->NewEvents();
  window_.Restart("e");
  PutAt(20, "k", "2");
  Turn();
  Pump(*client);
  EXPECT_THAT(client->NewEvents(), ElementsAre(kExpired, "2@20"));
}

TEST_F(NewEpochTest, ANewLogWhileNobodyListensIsFoundByTheNextConnection) {
  PutAt(1000, "k", "1");
  auto first = Connect(Mode::kAll);
  PutAt(1001, "k", "2");
  // It leaves an event of the old log in the mailbox.
  first.reset();
  window_.Restart("f");
  PutAt(1, "k", "3");
  auto second = Connect(Mode::kAll);
  PutAt(2, "k", "4");
  Turn();
  EXPECT_THAT(second->NewEvents(), ElementsAre("3@1", "4@2"));
}

TEST_F(NewEpochTest, ALossResetsThoseThatAreLiveAndThoseThatAreBehind) {
  PutAt(1, "k", "1");
  for (const Mode mode : {Mode::kAll, Mode::kLatest}) {
    auto live = Connect(mode);
    auto behind = Connect(mode, 0);
    live->NewEvents();
    const uint64_t lost = window_.head() + 10;
    window_.Lose(lost);
    PutAt(lost + 5, "l", "2");
    Turn();
    behind->sink.room = kAnyRoom;
    Pump(*live);
    Pump(*behind);
    for (Client* client : {live.get(), behind.get()}) {
      EXPECT_THAT(client->sink.text, HasSubstr(R"(gateway.reset
data: {"reason":"expired")"));
      EXPECT_THAT(client->sink.text, HasSubstr(base::Concat("id: e-", lost + 5, "\n\n")));
    }
    PutAt(lost + 6, "m", "3");
    Turn();
    EXPECT_THAT(live->sink.text, EndsWith(base::Concat("id: e-", lost + 6, "\n\n")));
    EXPECT_THAT(behind->sink.text, EndsWith(base::Concat("id: e-", lost + 6, "\n\n")));
  }
}

}  // namespace
}  // namespace ssegw::fanout
