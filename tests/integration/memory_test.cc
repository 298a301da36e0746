// --memory_limit: what gives way, in which order, and that the process stays below it.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;

TEST(MemoryLimitTest, ThereIsOneMetricForEachOfItsParts) {
  const GatewayProcess gateway({"--memory_limit=1099511627776"});
  ASSERT_TRUE(WaitFor([&] { return gateway.Scrape()["memory_in_use_bytes"] > 1e6; }));
  const Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics["memory_limit_bytes"], 1099511627776);
  EXPECT_EQ(metrics["memory_pressure"], 0);
  EXPECT_EQ(metrics["window_max_bytes"], 64 * 1024 * 1024);
}

// A limit that the process is over from the start: everything that can give way does.
TEST(MemoryLimitTest, NewConnectionsAndEventsGiveWayAndDeletionsDoNot) {
  const GatewayProcess gateway({"--memory_limit=1048576"});
  ASSERT_TRUE(gateway.WaitForMetric("memory_pressure", 4));
  SseReader shed(gateway.http());
  const SseBlock bye = shed.Event();
  EXPECT_EQ(bye.event, "gateway.bye");
  EXPECT_EQ(bye.data, R"({"reason":"busy"})");
  EXPECT_EQ(gateway.Scrape()[R"(connections_shed_total{reason="memory"})"], 1);

  Publisher publisher(gateway.grpc());
  const PublishResult refused = publisher.Publish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(refused.code, kResourceExhausted);
  EXPECT_NE(refused.details.find("google.rpc.RetryInfo"), std::string::npos) << "when to try again";
  const auto call = publisher.OpenStream();
  for (uint64_t i : {1, 2}) {  // the stream goes on
    ASSERT_TRUE(call->Write(i, NumberedEvent("a", "k", 1)));
    const auto answer = call->Read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code(), kResourceExhausted);
    EXPECT_EQ(answer->error().retry_delay().seconds(), 1);
  }
  // What can never fit is told so, whatever the memory: its publisher would repeat it for ever.
  EXPECT_EQ(publisher.Publish(NumberedEvent("a", "k", 1, 300'000)).code, kInvalidArgument);
  EXPECT_EQ(gateway.Scrape()["store_appended_total"], 0);
  Event deletion;
  deletion.set_topic("a");
  deletion.set_key("k");
  deletion.set_deleted(true);
  publisher.MustPublish(deletion);
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot").status, 200);
  EXPECT_EQ(HttpGet(gateway.admin(), "/readyz").status, 200);
}

TEST(MemoryLimitTest, TheWindowShrinksSoThatTheProcessStaysBelow) {
  // A sanitizer would keep what is freed, and takes much from the start.
  const std::map<std::string, std::string> environment = {{"ASAN_OPTIONS", "quarantine_size_mb=1"}};
  const size_t idle = GatewayProcess({}, environment).RssBytes();
  const size_t limit = idle * 8 / 5;
  const GatewayProcess gateway({base::Concat("--memory_limit=", limit)}, environment);
  const size_t quarter = limit / 4;
  const auto window_max = static_cast<double>(quarter);
  ASSERT_TRUE(gateway.WaitForMetric("window_max_bytes", window_max)) << "a quarter, at most";

  SseReader reader(gateway.http());
  reader.AwaitLive();
  Publisher publisher(gateway.grpc());
  double smallest_window = window_max;
  uint32_t number = 0;
  for (size_t published = 0; published < limit; published += 50 * 20'000) {
    std::vector<Event> events;
    for (int i = 0; i < 50; ++i) {
      ++number;
      events.push_back(NumberedEvent("a", base::Concat(number % 7), number, 20'000));
    }
    publisher.MustPublish(events);
    ASSERT_LT(gateway.RssBytes(), limit);
    // The gateway looks at its memory ten times a second, and this limit is a small one: what comes
    // faster than it looks would be refused.
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    smallest_window = std::min(smallest_window, gateway.Scrape()["window_max_bytes"]);
  }
  EXPECT_LT(smallest_window, window_max);
  // Nobody who was there is hurt.
  reader.EventsThrough(base::Concat(gateway.epoch(), "-", number));
  EXPECT_EQ(gateway.Scrape()["connections"], 1);
}

}  // namespace
}  // namespace ssegw::testing
