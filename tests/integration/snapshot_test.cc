// Where a stream without a last id begins, and the seam to what comes next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;

using Numbers = std::vector<uint32_t>;

std::string Key(uint32_t i) { return base::Concat("key-", i); }

// Number i is an event of key i % keys.
std::vector<Event> EventsOfKeys(uint32_t events, uint32_t keys) {
  std::vector<Event> all;
  for (uint32_t i = 1; i <= events; ++i) all.push_back(NumberedEvent("a", Key(i % keys), i));
  return all;
}

TEST(SnapshotTest, IsTheNewestEventOfEachKeyInSeqOrder) {
  for (const char* mode : {"mode=latest", "mode=all"}) {
    const GatewayProcess gateway;
    Publisher publisher(gateway.grpc());
    publisher.MustPublish({NumberedEvent("a", "k1", 1), NumberedEvent("a", "k2", 2),
                           NumberedEvent("b", "k1", 3), NumberedEvent("a", "k1", 4),
                           NumberedEvent("a", "gone", 5), Deletion("a", "gone")});
    SseReader reader(gateway.http(), {.query = mode});
    const std::vector<SseBlock> snapshot = reader.Events(3);
    EXPECT_EQ(NumbersOf(snapshot), (Numbers{2, 3, 4})) << mode;
    EXPECT_EQ(snapshot[2].id, gateway.epoch() + "-4") << mode;
    const std::string next = publisher.MustPublish(NumberedEvent("a", "k1", 7));
    EXPECT_EQ(reader.Event().id, next) << "nothing in between; " << mode;
  }
}

TEST(SnapshotTest, LargerThanASliceArrivesWhole) {
  constexpr uint32_t kKeys = 5000;
  const GatewayProcess gateway;
  Publisher(gateway.grpc()).MustPublish(EventsOfKeys(kKeys, kKeys));
  SseReader reader(gateway.http());
  const std::vector<SseBlock> snapshot = reader.Events(kKeys);
  for (uint32_t i = 0; i < kKeys; ++i) ASSERT_EQ(NumberOf(snapshot[i]), i + 1);
}

TEST(SnapshotTest, KeysBeyondTheLimitLeaveOldestFirst) {
  const GatewayProcess gateway({"--snapshot_max_keys=3"});
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(EventsOfKeys(5, 5));
  EXPECT_EQ(NumbersOf(SseReader(gateway.http()).Events(3)), (Numbers{3, 4, 5}));
}

// Connections that come while events are published: the newest events of the keys are contiguous
// here, so from the first event of the snapshot on not one may be missing.
TEST(SnapshotTest, ModeAllHasNoGapAndNoDuplicateAtTheSeamToLive) {
  constexpr uint32_t kEvents = 10'000;
  const GatewayProcess gateway;
  const auto publishing = std::async(std::launch::async, [&] {
    Publisher(gateway.grpc()).MustPublish(EventsOfKeys(kEvents, 20));
  });
  int seams = 0;
  while (publishing.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    SseReader reader(gateway.http(), {.query = "mode=all"});
    uint64_t last = 0;
    for (int i = 0; i < 200 && last < kEvents; ++i) {
      const SseBlock event = reader.Event();
      ASSERT_TRUE(last == 0 || event.seq() == last + 1) << event.seq() << " after " << last;
      ASSERT_EQ(NumberOf(event), event.seq());
      last = event.seq();
    }
    ++seams;
  }
  EXPECT_GT(seams, 5) << "too few for a test";
}

TEST(SnapshotTest, ModeLatestEndsAtTheNewestOfEachKeyWheneverItCame) {
  constexpr uint32_t kEvents = 5000;
  constexpr uint32_t kKeys = 100;
  constexpr size_t kReaders = 12;
  const GatewayProcess gateway({"--write_stall_timeout=10m"});
  const auto publishing = std::async(std::launch::async, [&] {
    Publisher(gateway.grpc()).MustPublish(EventsOfKeys(kEvents, kKeys));
  });
  std::vector<std::unique_ptr<SseReader>> readers;
  while (publishing.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    // On a slow machine there would be so many that the last ones are cut before their turn comes.
    if (readers.size() < kReaders) readers.push_back(std::make_unique<SseReader>(gateway.http()));
  }
  readers.push_back(std::make_unique<SseReader>(gateway.http()));
  for (const auto& reader : readers) {
    std::map<std::string, uint32_t> state;
    for (const SseBlock& event :
         reader->EventsThrough(base::Concat(gateway.epoch(), "-", kEvents))) {
      state[KeyOf(event)] = NumberOf(event);
    }
    ASSERT_EQ(state.size(), kKeys);
    for (uint32_t i = kEvents - kKeys + 1; i <= kEvents; ++i) ASSERT_EQ(state[Key(i % kKeys)], i);
  }
}

TEST(SnapshotTest, ConnectionCutAmidTheSnapshotResumesWithoutLoss) {
  constexpr uint32_t kKeys = 300;
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(EventsOfKeys(kKeys, kKeys));
  for (const char* mode : {"mode=latest", "mode=all"}) {
    SseReader cut(gateway.http(), {.query = mode});
    const SseBlock last = cut.Events(10).back();
    cut.socket().Reset();
    SseReader resumed(gateway.http(), {.query = mode, .fields = {{"Last-Event-ID", *last.id}}});
    EXPECT_EQ(NumbersOf(resumed.Events(1)), (Numbers{11})) << mode;
    EXPECT_EQ(NumberOf(resumed.Events(kKeys - 11).back()), kKeys) << mode;
  }
}

TEST(StartTest, LiveBeginsWithWhatComesNextAndAnIdToResumeFrom) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string head = publisher.MustPublish(NumberedEvent("a", "k", 1));
  SseReader reader(gateway.http(), {.query = "start=live"});
  EXPECT_EQ(reader.Hello().id, head);
  EXPECT_EQ(reader.Hello().resumed, std::nullopt);
  publisher.MustPublish(NumberedEvent("a", "k", 2));
  EXPECT_EQ(NumberOf(reader.Event()), 2u);
}

TEST(StartTest, EarliestBeginsWithTheOldestEventOfTheWindow) {
  const GatewayProcess gateway({"--window_max_events=100"});
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(EventsOfKeys(250, 1));
  for (const char* mode : {"latest", "all"}) {
    SseReader reader(gateway.http(), {.query = base::Concat("start=earliest&mode=", mode)});
    const std::vector<SseBlock> events = reader.Events(100);
    for (uint32_t i = 0; i < 100; ++i) ASSERT_EQ(NumberOf(events[i]), 151 + i) << mode;
  }
}

TEST(StartTest, EventsLeaveTheWindowByAge) {
  const GatewayProcess gateway({"--window_max_age=200ms"});
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(EventsOfKeys(10, 10));
  EXPECT_TRUE(gateway.WaitForMetric("window_events", 0));
  EXPECT_EQ(gateway.Scrape()["snapshot_keys"], 10) << "the snapshot does not age";
  EXPECT_EQ(SseReader(gateway.http()).Events(10).size(), 10u);
}

}  // namespace
}  // namespace ssegw::testing
