// What /metrics counts of deliveries, beside what readers counted themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/integration/metrics/driven_series.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Le;
using ::testing::Lt;

// A stream as bytes, head and chunks and all.
class RawReader {
 public:
  RawReader(const GatewayProcess& gateway, const std::string& query) : socket_(gateway.http()) {
    socket_.Send(RequestText("GET", base::Concat("/v1/events?", query)));
    ReadThrough("event: gateway.live\ndata: {}\n\n\r\n");
  }
  void ReadThrough(std::string_view text) {
    while (received_.find(text) == std::string::npos) received_ += socket_.Receive();
  }
  // An event ends with its id and a blank line, and with them its chunk.
  void ReadEvent(uint64_t seq) { ReadThrough(base::Concat("-", seq, "\n\n\r\n")); }
  size_t bytes() const { return received_.size(); }

 private:
  TcpSocket socket_;
  std::string received_;
};

TEST(DeliveryMetricsTest, CountWhatReadersGet) {
  const base::TimePoint begin = base::Now();
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  RawReader everything(gateway, "start=live");
  RawReader only_b(gateway, "start=live&topic=b");
  uint64_t event_bytes = 0;
  for (uint32_t i = 1; i <= 6; ++i) {
    const auto event = NumberedEvent(i % 2 == 0 ? "b" : "a", "k", i, 10 * i);
    event_bytes += event.ByteSizeLong();
    publisher.MustPublish(event);
    // One by one, so that each is a write of its own.
    everything.ReadEvent(i);
    if (i % 2 == 0) only_b.ReadEvent(i);
  }
  ASSERT_TRUE(gateway.WaitForMetric("frames_delivered_total", 9));
  const double elapsed = base::ToSeconds(base::Now() - begin);
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, "frames_delivered_total", 9);
  ExpectSeries(metrics, "bytes_sent_total",
               static_cast<double>(everything.bytes() + only_b.bytes()));
  ExpectSeries(metrics, "writes_total", 9 + 2);
  ExpectSeries(metrics, "publish_to_write_seconds_count", 9);
  ExpectSeries(metrics, R"(publish_to_write_seconds_bucket{le="+Inf"})", 9);
  ExpectSeries(metrics, "publish_to_write_seconds_sum", AllOf(Gt(0), Lt(9 * elapsed)));
  ExpectSeries(metrics, R"(events_received_total{result="ok"})", 6);
  ExpectSeries(metrics, "event_bytes_total", static_cast<double>(event_bytes));
  ExpectSeries(metrics, "transcode_seconds_count", 6);
  ExpectSeries(metrics, R"(transcode_seconds_bucket{le="+Inf"})", 6);
  ExpectSeries(metrics, "transcode_seconds_sum", AllOf(Gt(0), Lt(elapsed)));
}

// The time from the event's arrival until the socket took its frame is in the bucket that it
// belongs to: for one that waited for its reader, seconds.
TEST(DeliveryMetricsTest, LatencyIsThatOfSlowReadersToo) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(),
                   {.query = "start=live&mode=all", .tcp = {.receive_buffer_bytes = 4096}});
  constexpr uint32_t kEvents = 2000;
  const base::TimePoint begin = base::Now();
  for (uint32_t i = 1; i <= kEvents; ++i) publisher.MustPublish(NumberedEvent("a", "k", i, 1000));
  const base::TimePoint published = base::Now();
  const double before = gateway.Scrape()["frames_delivered_total"];
  ASSERT_LT(before, kEvents) << "otherwise this was no test";
  ASSERT_TRUE(WaitFor([&] { return base::Now() > published + std::chrono::milliseconds(1100); }));
  reader.Events(kEvents);
  ASSERT_TRUE(gateway.WaitForMetric("frames_delivered_total", kEvents));
  const double elapsed = base::ToSeconds(base::Now() - begin);
  const Metrics metrics = gateway.Scrape();
  const double waited = kEvents - before;
  EXPECT_EQ(metrics["publish_to_write_seconds_count"], kEvents);
  EXPECT_GE(kEvents - metrics[R"(publish_to_write_seconds_bucket{le="1.048576"})"], waited);
  EXPECT_GE(metrics["publish_to_write_seconds_sum"], waited * 1.1);
  EXPECT_LT(metrics["publish_to_write_seconds_sum"], kEvents * elapsed);
}

TEST(DeliveryMetricsTest, HeartbeatsAreThoseThatWereRead) {
  const GatewayProcess gateway({"--heartbeat_interval=100ms", "--max_connection_age=2s"});
  SseReader reader(gateway.http());
  reader.EventsToEnd();
  ASSERT_GT(reader.heartbeats(), 5U);
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, "heartbeats_sent_total", static_cast<double>(reader.heartbeats()));
}

TEST(DeliveryMetricsTest, ResumesAndResetsAreThoseThatWereAskedForAndTold) {
  const GatewayProcess gateway({"--window_max_events=10"});
  Publisher publisher(gateway.grpc());
  for (uint32_t i = 1; i <= 30; ++i) publisher.MustPublish(NumberedEvent("a", "k", i));
  // The first event that one gets that comes back.
  const auto resume = [&](const std::string& id) {
    SseReader reader(gateway.http(), {.query = "mode=all", .fields = {{"Last-Event-ID", id}}});
    return reader.Event().data.value();
  };
  const std::string epoch = base::Concat(gateway.epoch(), "-");
  SseReader live(gateway.http(), {.fields = {{"Last-Event-ID", epoch + "30"}}});
  for (const char* seq : {"25", "28"}) resume(epoch + seq);
  for (const std::string& id : {std::string("nonsense"), std::string("-"), epoch + "31"}) {
    EXPECT_THAT(resume(id), ::testing::HasSubstr("unknown_id"));
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(resume("other0-7"), ::testing::HasSubstr("other_epoch"));
  }
  EXPECT_THAT(resume(epoch + "3"), ::testing::HasSubstr("expired"));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(resumes_total{outcome="live"})", 1);
  ExpectSeries(metrics, R"(resumes_total{outcome="replayed"})", 2);
  ExpectSeries(metrics, R"(resumes_total{outcome="reset"})", 8);
  ExpectSeries(metrics, R"(resets_total{reason="unknown_id"})", 3);
  ExpectSeries(metrics, R"(resets_total{reason="other_epoch"})", 4);
  ExpectSeries(metrics, R"(resets_total{reason="expired"})", 1);
}

// Three streams: two have all that there is for them, one is stuck.
TEST(LagMetricsTest, AreThoseOfAStuckReaderBesideHealthyOnes) {
  constexpr uint32_t kEvents = 3000;
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader stuck(gateway.http(),
                  {.query = "start=live&mode=all", .tcp = {.receive_buffer_bytes = 4096}});
  SseReader other(gateway.http(), {.query = "start=live&topic=other"});
  SseReader another(gateway.http(), {.query = "start=live&topic=b"});
  const base::TimePoint begin = base::Now();
  for (uint32_t i = 1; i <= kEvents; ++i) publisher.MustPublish(NumberedEvent("a", "k", i, 1000));
  ASSERT_TRUE(gateway.WaitForMetric("lagging_connections", 1));
  // Each shard takes its distribution once a second.
  Metrics metrics = gateway.Scrape();
  ASSERT_TRUE(WaitFor([&] {
    metrics = gateway.Scrape();
    return metrics["connection_lag_seconds_sum"] > 1 &&
           metrics["connection_lag_events_sum"] == kEvents - metrics["frames_delivered_total"];
  }));
  const double elapsed = base::ToSeconds(base::Now() - begin);
  const double delivered = metrics["frames_delivered_total"];
  ASSERT_LT(delivered, kEvents) << "otherwise this was no test";
  ExpectSeries(metrics, "lagging_connections", 1);
  ExpectSeries(metrics, "connection_lag_events_count", 3);
  ExpectSeries(metrics, "connection_lag_events_sum", kEvents - delivered);
  ExpectSeries(metrics, R"(connection_lag_events_bucket{le="0"})", 2);
  ExpectSeries(metrics, R"(connection_lag_events_bucket{le="10000"})", 3);
  ExpectSeries(metrics, "connection_lag_seconds_count", 3);
  ExpectSeries(metrics, "connection_lag_seconds_sum", AllOf(Gt(1), Le(elapsed)));
  ExpectSeries(metrics, R"(connection_lag_seconds_bucket{le="0.5"})", 2);
  ExpectSeries(metrics, R"(connection_lag_seconds_bucket{le="300"})", 3);

  stuck.Events(kEvents);
  EXPECT_TRUE(gateway.WaitForMetric("lagging_connections", 0));
  EXPECT_TRUE(gateway.WaitForMetric("connection_lag_events_sum", 0));
}

// What was delivered and what was passed over are all that was published.
TEST(DeliveryMetricsTest, SupersededAreThoseThatASlowReaderDidNotGet) {
  constexpr uint32_t kEvents = 3000;
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader slow(gateway.http(), {.query = "start=live", .tcp = {.receive_buffer_bytes = 4096}});
  for (uint32_t i = 1; i <= kEvents; ++i) publisher.MustPublish(NumberedEvent("a", "k", i, 1000));
  const auto events =
      static_cast<double>(slow.EventsThrough(base::Concat(gateway.epoch(), "-", kEvents)).size());
  ASSERT_LT(events, kEvents) << "otherwise this was no test";
  EXPECT_TRUE(gateway.WaitForMetric("lagging_connections", 0));
  ASSERT_TRUE(gateway.WaitForMetric("frames_delivered_total", events));
  ExpectSeries(gateway.Scrape(), "frames_superseded_total", kEvents - events);
}

// As a page does that is frozen while it gets its first state.
TEST(LagMetricsTest, OneThatIsStuckInItsSnapshotIsBehindByWhatComesMeanwhile) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  for (uint32_t i = 1; i <= 500; ++i) {
    publisher.MustPublish(NumberedEvent("a", base::Concat(i), i, 10'000));
  }
  SseReader stuck(gateway.http(), {.tcp = {.receive_buffer_bytes = 4096}});
  ASSERT_TRUE(gateway.WaitForMetric("lagging_connections", 1));
  for (uint32_t i = 1; i <= 7; ++i) publisher.MustPublish(NumberedEvent("b", "k", i));
  EXPECT_TRUE(gateway.WaitForMetric("connection_lag_events_sum", 7));
}

}  // namespace
}  // namespace ssegw::testing
