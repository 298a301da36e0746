// What connections are told while the log cannot be reached.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/control.h"
#include "tests/unit/fanout/fake_sink.h"

namespace ssegw::fanout {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr size_t kAnyRoom = std::numeric_limits<size_t>::max();
constexpr char kStale[] = R"(gateway.stale{"since":"1970-01-01T00:00:00.000Z"})";
constexpr char kFresh[] = "gateway.fresh{}";

class FreshnessTest : public testing::Test {
 protected:
  void Put(std::string_view json) {
    window_.Append(sse::Frame::Create({.topic = "t", .key = "k", .json = json}));
  }
  std::unique_ptr<Client> Connect(Framing framing = Framing::kBare, size_t room = kAnyRoom,
                                  base::Duration min_interval = base::Duration(0)) {
    auto client = std::make_unique<Client>();
    client->sink.room = room;
    client->subscription = std::make_unique<Subscription>(
        shard_, client->sink, SubscriptionRequest{.min_interval = min_interval}, framing,
        Subscription::Greeting{.connection_id = "c", .retry = kRetryOfTest});
    Pump(*client);
    return client;
  }
  static void Pump(Client& client) {
    while (client.subscription->Pump(base::Now()) == Next::kSoon) continue;
  }
  void Turn() {
    while (shard_.Turn(base::Now()) == Work::kMore) continue;
  }
  void SetStale(bool stale) { shard_.SetStale(stale ? sse::Stale({}) : std::string()); }

  window::Window window_{"e", {}};
  Shard shard_{window_, [] {}};
};

TEST_F(FreshnessTest, OpenConnectionsAreToldOnceAndGoOn) {
  auto client = Connect();
  SetStale(true);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client->subscription->SayFreshness(base::Now()), Next::kWait);
  }
  EXPECT_THAT(client->NewEvents(), ElementsAre(kStale));
  Put("1");
  Turn();
  EXPECT_THAT(client->NewEvents(), ElementsAre("1@1"));
  SetStale(false);
  client->subscription->SayFreshness(base::Now());
  EXPECT_THAT(client->NewEvents(), ElementsAre(kFresh));
}

TEST_F(FreshnessTest, NewConnectionsAreToldRightAfterHello) {
  SetStale(true);
  auto client = Connect();
  EXPECT_THAT(client->sink.text, StartsWith(Greeting() + sse::Stale({})));
  client->subscription->SayFreshness(base::Now());
  EXPECT_THAT(client->NewEvents(), ElementsAre(kStale));
  SetStale(false);
  EXPECT_THAT(Connect()->NewEvents(), IsEmpty()) << "that all is well is not said";
}

TEST_F(FreshnessTest, OneThatWasNotToldThatItIsStaleIsNotToldThatItIsFresh) {
  auto client = Connect();
  SetStale(true);
  SetStale(false);
  client->subscription->SayFreshness(base::Now());
  EXPECT_THAT(client->NewEvents(), IsEmpty());
}

TEST_F(FreshnessTest, OneThatTakesNothingHearsTheNewestWhenItGoesOn) {
  auto client = Connect();
  client->NewEvents();
  client->sink.room = 5;
  Put("1");
  Turn();
  for (int i = 0; i < 100; ++i) {
    SetStale(i % 2 == 0);
    EXPECT_EQ(client->subscription->SayFreshness(base::Now()), Next::kWait);
  }
  SetStale(true);
  client->sink.room = kAnyRoom;
  Pump(*client);
  EXPECT_THAT(client->NewEvents(), ElementsAre("1@1", kStale)) << "the half event comes first";
  SetStale(false);
  client->subscription->SayFreshness(base::Now());
  EXPECT_THAT(client->NewEvents(), ElementsAre(kFresh));
}

TEST_F(FreshnessTest, APacedOneIsToldAtOnce) {
  auto client = Connect(Framing::kBare, kAnyRoom, std::chrono::hours(1));
  SetStale(true);
  client->subscription->SayFreshness(base::Now());
  EXPECT_THAT(client->NewEvents(), ElementsAre(kStale));
}

TEST_F(FreshnessTest, IsAChunkWhereTheBodyIsChunked) {
  auto client = Connect(Framing::kChunked);
  client->sink.text.clear();
  SetStale(true);
  client->subscription->SayFreshness(base::Now());
  EXPECT_EQ(client->sink.text, sse::AsChunk(sse::Stale({})));
}

TEST_F(FreshnessTest, AfterItsLastWordsNothingIsSaid) {
  auto client = Connect();
  client->NewEvents();
  client->subscription->Finish(":\n");
  SetStale(true);
  EXPECT_EQ(client->subscription->SayFreshness(base::Now()), Next::kWait);
  Pump(*client);
  EXPECT_EQ(client->sink.text, ":\n");
  auto gone = Connect();
  EXPECT_THAT(gone->NewEvents(), ElementsAre(kStale));
  gone->sink.gone = true;
  SetStale(false);
  EXPECT_EQ(gone->subscription->SayFreshness(base::Now()), Next::kGone);
}

}  // namespace
}  // namespace ssegw::fanout
