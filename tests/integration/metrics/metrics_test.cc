// What the admin port and gRPC say of the gateway's state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, EverySeriesIsThereFromTheStart) {
  struct Case {
    std::string family;
    std::string type;
    std::string label = {};
    std::vector<std::string> values = {};
  };
  const Case cases[] = {
      {"connections", "gauge"},
      {"connections_opened_total", "counter"},
      {"connections_closed_total",
       "counter",
       "reason",
       {"peer_closed", "peer_reset", "write_stall", "max_age", "drain"}},
      {"connections_shed_total",
       "counter",
       "reason",
       {"max_connections", "max_connections_per_ip", "connect_rate", "request_rate"}},
      {"http2_floods_total",
       "counter",
       "kind",
       {"reset", "settings", "ping", "continuation", "empty_data", "window_update", "priority",
        "header_list", "sessions"}},
      {"requests_rejected_total",
       "counter",
       "code",
       {"400", "401", "403", "404", "405", "406", "408", "413", "431"}},
      {"publishers", "gauge"},
      {"demand_watchers", "gauge"},
      {"lifecycle_watchers", "gauge"},
      {"lifecycle_events_total", "counter", "event", {"opened", "closed", "resumed"}},
      {"events_received_total",
       "counter",
       "result",
       {"ok", "duplicate", "invalid", "unavailable", "exhausted"}},
      {"event_bytes_total", "counter"},
      {"transcode_seconds", "histogram"},
      {"events_with_unknown_fields_total", "counter"},
      {"descriptor_set_reloads_total", "counter", "result", {"ok", "failed"}},
      {"frames_delivered_total", "counter"},
      {"bytes_sent_total", "counter"},
      {"writes_total", "counter"},
      {"frames_superseded_total", "counter"},
      {"heartbeats_sent_total", "counter"},
      {"resumes_total", "counter", "outcome", {"live", "replayed", "reset"}},
      {"resets_total", "counter", "reason", {"unknown_id", "other_epoch", "expired"}},
      {"publish_to_write_seconds", "histogram"},
      {"connection_lag_events", "histogram"},
      {"connection_lag_seconds", "histogram"},
      {"lagging_connections", "gauge"},
      {"window_events", "gauge"},
      {"window_bytes", "gauge"},
      {"snapshot_keys", "gauge"},
      {"snapshot_tombstones", "gauge"},
      {"memory_bytes",
       "gauge",
       "class",
       {"window", "tombstones", "frames", "encodings", "message_ids", "filters", "http2",
        "grpc_calls", "transcoding", "tokens", "send_queues", "lifecycle"}},
      {"forgotten_total", "counter", "bound", {"keys", "bytes", "tombstones", "message_ids"}},
  };
  const GatewayProcess gateway({"--threads=2"});
  const Metrics metrics = gateway.Scrape();
  for (const Case& c : cases) {
    EXPECT_EQ(metrics.TypeOf(c.family), c.type) << c.family;
    std::vector<std::string> series = {c.family};
    if (c.type == "histogram") {
      series = {c.family + "_count", c.family + "_sum", c.family + "_bucket{le=\"+Inf\"}"};
    } else if (!c.values.empty()) {
      series.clear();
      for (const std::string& value : c.values) {
        series.push_back(base::Concat(c.family, "{", c.label, "=\"", value, "\"}"));
      }
    }
    for (const std::string& name : series) EXPECT_EQ(metrics.Find(name), 0.0) << name;
  }
  EXPECT_TRUE(metrics.Find(R"(shard_busy_ratio{shard="0"})"));
  EXPECT_TRUE(metrics.Find(R"(shard_busy_ratio{shard="1"})"));
  EXPECT_EQ(metrics.TypeOf("build_info"), "gauge");
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_start_time_seconds"}) {
    EXPECT_GT(metrics.Find(name).value_or(0), 0) << name;
  }
}

TEST(MetricsTest, LabelsNeverNameWhatPeersChoose) {
  const GatewayProcess gateway;
  const std::map<std::string, double> before = gateway.Scrape().all();
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a.topic", "a key", 1));
  SseReader reader(gateway.http(), {.query = "topic=a.*"});
  reader.Event();
  HttpGet(gateway.http(), "/nothing/here");
  HttpExchange(gateway.http(), RequestText("BREW", "/sse"));
  const std::map<std::string, double> after = gateway.Scrape().all();
  const auto names = [](const std::map<std::string, double>& series) {
    std::vector<std::string> all;
    for (const auto& [name, value] : series) all.push_back(name);
    return all;
  };
  EXPECT_EQ(names(after), names(before));
}

TEST(MetricsTest, AreOpenMetricsWhereThatIsAskedFor) {
  const GatewayProcess gateway;
  const HttpResponse response = HttpGet(
      gateway.admin(), "/metrics",
      {{"Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}});
  EXPECT_EQ(response.Get("Content-Type"),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(response.body.ends_with("\n# EOF\n"));
  EXPECT_THAT(response.body, HasSubstr("# UNIT sse_gateway_window_bytes bytes\n"));
}

TEST(HealthTest, AdminPortSaysReadyAndHealthy) {
  const GatewayProcess gateway;
  EXPECT_EQ(HttpGet(gateway.admin(), "/healthz").status, 200);
  EXPECT_EQ(HttpGet(gateway.admin(), "/readyz").status, 200);
  EXPECT_THAT(HttpGet(gateway.admin(), "/metrics").Get("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_EQ(HttpExchange(gateway.admin(), RequestText("POST", "/metrics")).Get("Allow"),
            "GET, HEAD");
}

TEST(HealthTest, GrpcSaysServing) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  EXPECT_EQ(publisher.Health(), "SERVING");
  EXPECT_EQ(publisher.Health("ssegateway.v1.PublisherService"), "SERVING");
}

TEST(HealthTest, ReflectionListsTheServices) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string services = publisher.Services();
  EXPECT_THAT(services, HasSubstr("ssegateway.v1.PublisherService"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
}

}  // namespace
}  // namespace ssegw::testing
