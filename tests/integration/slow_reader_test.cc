// Connections that do not take what they are offered.
#include <gtest/gtest.h>

#include <future>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;

constexpr size_t kMiB = 1024 * 1024;
constexpr size_t kTitleBytes = 1000;
// Of this the kernels take some 200 KB on behalf of a reader with such a buffer.
constexpr int kSmallBuffer = 4096;

std::string Key(uint32_t i) { return base::Concat("key-", i); }

std::vector<Event> LargeEvents(uint32_t first, uint32_t last, uint32_t keys) {
  std::vector<Event> events;
  for (uint32_t i = first; i <= last; ++i) {
    events.push_back(NumberedEvent("a", Key(i % keys), i, kTitleBytes));
  }
  return events;
}

// Enough that the connection is behind, and the kernels take no more on its behalf.
void FillItsBuffers(const GatewayProcess& gateway, Publisher& publisher, uint32_t events) {
  publisher.MustPublish(LargeEvents(1, events, 1));
  ASSERT_TRUE(gateway.WaitForMetric("lagging_connections", 1));
  double sent = -1;
  ASSERT_TRUE(WaitFor([&] {
    const double before = std::exchange(sent, gateway.Scrape()["bytes_sent_total"]);
    return sent == before;
  }));
}

TEST(SlowReaderTest, ModeLatestConvergesOnTheNewestOfEachKeyInBoundedMemory) {
  constexpr uint32_t kKeys = 10;
  constexpr uint32_t kEvents = 30'000;
  // A sanitizer would keep what the gateway frees.
  const GatewayProcess gateway({"--window_max_bytes=4194304"},
                               {{"ASAN_OPTIONS", "quarantine_size_mb=1"}});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(),
                   {.query = "mode=latest", .tcp = {.receive_buffer_bytes = kSmallBuffer}});
  publisher.MustPublish(LargeEvents(1, kEvents / 3, kKeys));
  const size_t before = gateway.RssBytes();
  publisher.MustPublish(LargeEvents(kEvents / 3 + 1, kEvents, kKeys));
  const size_t after = gateway.RssBytes();
  // 20 MB went by; it waits, and costs nothing.
  EXPECT_LT(after, before + 8 * kMiB);
  EXPECT_EQ(gateway.Scrape()["lagging_connections"], 1);

  // The reader sees to it that the ids increase.
  const std::vector<SseBlock> events =
      reader.EventsThrough(base::Concat(gateway.epoch(), "-", kEvents));
  EXPECT_LT(events.size(), kEvents / 10) << "what was superseded was skipped";
  std::map<std::string, uint32_t> state;
  for (const SseBlock& event : events) {
    ASSERT_EQ(event.event, "");
    state[KeyOf(event)] = NumberOf(event);
  }
  for (uint32_t i = kEvents - kKeys + 1; i <= kEvents; ++i) EXPECT_EQ(state[Key(i % kKeys)], i);
  EXPECT_TRUE(gateway.WaitForMetric("lagging_connections", 0));
  // Not one is unaccounted for.
  EXPECT_TRUE(gateway.WaitForMetric("frames_delivered_total", static_cast<double>(events.size())));
  EXPECT_EQ(gateway.Scrape()["frames_superseded_total"],
            static_cast<double>(kEvents - events.size()));
}

TEST(SlowReaderTest, ModeLatestConvergesWhileItReadsSlowly) {
  constexpr uint32_t kKeys = 50;
  constexpr uint32_t kEvents = 20'000;
  const GatewayProcess gateway;
  const auto publishing = std::async(std::launch::async, [&] {
    Publisher(gateway.grpc()).MustPublish(LargeEvents(1, kEvents, kKeys));
  });
  SseReader reader(gateway.http(), {.tcp = {.receive_buffer_bytes = kSmallBuffer}});
  std::map<std::string, uint32_t> state;
  for (const SseBlock& event : reader.EventsThrough(base::Concat(gateway.epoch(), "-", kEvents))) {
    uint32_t& number = state[KeyOf(event)];
    ASSERT_GT(NumberOf(event), number);
    number = NumberOf(event);
  }
  publishing.wait();
  for (uint32_t i = kEvents - kKeys + 1; i <= kEvents; ++i) EXPECT_EQ(state[Key(i % kKeys)], i);
}

TEST(SlowReaderTest, ConnectionThatIsBehindDoesNotHoldUpTheOthers) {
  const GatewayProcess gateway({"--threads=1"});
  Publisher publisher(gateway.grpc());
  SseReader stuck(gateway.http(), {.tcp = {.receive_buffer_bytes = kSmallBuffer}});
  SseReader reader(gateway.http(), {.query = "mode=all"});
  publisher.MustPublish(LargeEvents(1, 2000, 10));
  EXPECT_EQ(NumberOf(reader.Events(2000).back()), 2000u);
}

TEST(SlowReaderTest, ModeAllGetsEveryEventThatTheWindowStillHas) {
  constexpr uint32_t kEvents = 5000;
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(),
                   {.query = "mode=all", .tcp = {.receive_buffer_bytes = kSmallBuffer}});
  FillItsBuffers(gateway, publisher, 2000);
  publisher.MustPublish(LargeEvents(2001, kEvents, 1));
  const std::vector<SseBlock> events = reader.Events(kEvents);
  for (uint32_t i = 0; i < kEvents; ++i) ASSERT_EQ(events[i].seq(), i + 1);
}

TEST(SlowReaderTest, ModeAllThatFellOutOfTheWindowIsToldTheExactNumberItMissed) {
  constexpr uint32_t kFilling = 2000;
  constexpr uint32_t kEvents = 6000;
  const GatewayProcess gateway({"--window_max_events=2500"});
  Publisher publisher(gateway.grpc());
  // Two filters that match the same events do not count them twice.
  SseReader reader(gateway.http(), {.query = "mode=all&topic=a&topic=a.>&topic=*",
                                    .tcp = {.receive_buffer_bytes = kSmallBuffer}});
  FillItsBuffers(gateway, publisher, kFilling);
  std::vector<Event> events;
  for (uint32_t i = kFilling + 1; i <= kEvents; ++i) {
    events.push_back(NumberedEvent("a", "key-0", i, kTitleBytes));
    events.push_back(NumberedEvent("not.b.matched", "k", i));
  }
  publisher.MustPublish(events);

  uint32_t last = 0;
  SseBlock event = reader.Event();
  for (; event.event.empty(); event = reader.Event()) {
    ASSERT_EQ(NumberOf(event), last + 1);
    last = NumberOf(event);
  }
  ASSERT_EQ(event.event, "gateway.reset");
  const auto data = ParseJson(*event.data);
  EXPECT_EQ(StringAt(data, "reason"), "expired");
  EXPECT_EQ(NumberAt(data, "missed"), kEvents - last);
  EXPECT_EQ(NumberOf(reader.Event()), kEvents) << "the snapshot";
  publisher.MustPublish(NumberedEvent("a", "key-0", kEvents + 1));
  EXPECT_EQ(NumberOf(reader.Event()), kEvents + 1);
  EXPECT_EQ(gateway.Scrape()[R"(resets_total{reason="expired"})"], 1);
}

// Whatever happens to a reader of mode=all, between two events of its there is no gap that was not
// announced with its size.
TEST(SlowReaderTest, ModeAllAccountsForEveryEventWhileItFallsOutOfTheWindowAgainAndAgain) {
  constexpr uint32_t kEvents = 30'000;
  const GatewayProcess gateway({"--window_max_events=100"});
  const auto publishing = std::async(std::launch::async, [&] {
    Publisher(gateway.grpc()).MustPublish(LargeEvents(1, kEvents, 1));
  });
  SseReader reader(gateway.http(),
                   {.query = "mode=all&start=live", .tcp = {.receive_buffer_bytes = kSmallBuffer}});
  SseBlock begin;
  begin.id = reader.Hello().id;
  uint64_t last = begin.seq();
  uint64_t missed = 0;
  int resets = 0;
  while (last < kEvents) {
    const SseBlock event = reader.Event();
    if (event.event == "gateway.reset") {
      missed += static_cast<uint64_t>(NumberAt(ParseJson(*event.data), "missed"));
      ++resets;
      continue;
    }
    // The snapshot's event counts as missed where it is not newer than the reset.
    const uint64_t gap = event.seq() - last - 1;
    if (missed == 0) {
      ASSERT_EQ(gap, 0u) << "after " << last;
    } else {
      ASSERT_TRUE(gap == missed || gap + 1 == missed)
          << "from " << last << " to " << event.seq() << " with " << missed << " announced";
    }
    missed = 0;
    last = event.seq();
  }
  publishing.wait();
  EXPECT_GT(resets, 0) << "too fast for a test";
}

TEST(PacedReaderTest, GetsTheNewestOfEachKeyAtItsRate) {
  constexpr uint32_t kKeys = 3;
  constexpr double kRate = 10;
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "maxRate=10"});
  const base::TimePoint begin = base::Now();
  uint32_t number = 0;
  while (base::Now() - begin < std::chrono::seconds(1)) {
    std::vector<Event> events;
    for (int i = 0; i < 100; ++i) {
      ++number;
      events.push_back(NumberedEvent("a", Key(number % kKeys), number));
    }
    publisher.MustPublish(events);
  }
  const std::vector<SseBlock> events =
      reader.EventsThrough(base::Concat(gateway.epoch(), "-", number));
  const double seconds = base::ToSeconds(base::Now() - begin);
  // At its beginning it gets the snapshot, which is not paced.
  EXPECT_LE(static_cast<double>(events.size()), kKeys * (seconds * kRate + 2));
  EXPECT_GE(events.size(), kKeys * 3);
  std::map<std::string, uint32_t> state;
  for (const SseBlock& event : events) state[KeyOf(event)] = NumberOf(event);
  for (uint32_t i = number - kKeys + 1; i <= number; ++i) EXPECT_EQ(state[Key(i % kKeys)], i);
}

TEST(PacedReaderTest, IsNotReportedAsLagging) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "maxRate=0.01&start=live"});
  reader.AwaitLive();
  publisher.MustPublish(LargeEvents(1, 10, 10));
  EXPECT_EQ(gateway.Scrape()["lagging_connections"], 0);
}

}  // namespace
}  // namespace ssegw::testing
