// What it costs to look at a gateway with many connections: a scrape of /metrics, which must not
// depend on how many there are, and /debug/connections, which goes through all of them.
#include <algorithm>
#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "tests/soak/flood.h"
#include "tests/soak/soak.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/json.h"

namespace ssegw::soak {
namespace {

using base::Concat;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::GatewayProcess;
using testing::Metrics;

constexpr size_t kFew = 50;
// One in so many never reads.
constexpr size_t kStuckShare = 15;
constexpr uint32_t kTopics = 500;
constexpr uint32_t kBusyTopic = kTopics;
constexpr double kMaxScrapeSeconds = 0.020;
// In how many connections that must hold; a small run is not judged by absolute figures.
constexpr size_t kMany = 15'000;
constexpr double kMaxGrowth = 4;

const std::string kOpenMetrics = "application/openmetrics-text;version=1.0.0";

// How to look, and how long it took each time, in seconds.
struct Look {
  std::string name;
  std::string target;
  testing::HttpFields fields = {};
  std::vector<double> few = {};
  std::vector<double> many = {};
};

std::vector<double> Time(const GatewayProcess& gateway, const Look& look, size_t times) {
  std::vector<double> took;
  for (size_t i = 0; i < times; ++i) {
    const base::TimePoint begin = base::Now();
    testing::HttpGet(gateway.admin(), look.target, look.fields);
    took.push_back(base::ToSeconds(base::Now() - begin));
    // Not a benchmark of the front thread: as a scraper that comes now and then.
    std::this_thread::sleep_for(milliseconds(20));
  }
  return took;
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

std::string Ms(double time) { return Number(time * 1000); }

// From publishing to the socket, in seconds, on average over a time.
double MeanLatency(const GatewayProcess& gateway, base::Duration time) {
  const Metrics before = gateway.Scrape();
  std::this_thread::sleep_for(time);
  const Metrics after = gateway.Scrape();
  const auto grown = [&](const std::string& series) { return after[series] - before[series]; };
  return grown("publish_to_write_seconds_sum") /
         std::max(1.0, grown("publish_to_write_seconds_count"));
}

std::vector<testing::CrowdGroup> Groups(size_t connections) {
  testing::CrowdGroup idle{.name = "own topic"};
  testing::CrowdGroup stuck{.name = "never reading", .reading = testing::CrowdReading::kNever};
  for (size_t i = 0; i < connections; ++i) {
    if (i % kStuckShare == 0) {
      stuck.members.push_back({.query = "topic=busy.*", .coverage = {.first_topic = kBusyTopic}});
    } else {
      const auto topic = static_cast<uint32_t>(i % kTopics);
      idle.members.push_back(
          {.query = Concat("topic=own.", topic), .coverage = {.first_topic = topic}});
    }
  }
  return {idle, stuck};
}

}  // namespace

bool RunScrapeSoak(const Options& options) {
  const size_t connections = options.connections > 0 ? options.connections : kMany;
  const size_t times = options.seconds > 0 ? options.seconds * 5 : 100;
  const std::vector<FloodClass> classes = {
      {.name = "own", .topics = kTopics, .events_per_second = 50},
      {.name = "busy",
       .first_topic = kBusyTopic,
       .topics = 1,
       .keys = 1,
       .events_per_second = 50,
       .text_bytes = 8'000}};
  std::vector<Look> looks = {
      {.name = "`/metrics`, text", .target = "/metrics"},
      {.name = "`/metrics`, OpenMetrics",
       .target = "/metrics",
       .fields = {{"Accept", kOpenMetrics}}},
      {.name = "`/debug/connections`", .target = "/debug/connections"},
      {.name = "`/debug/connections?k=1000`", .target = "/debug/connections?k=1000"},
  };

  // Nobody is cut while it is looked at.
  GatewayProcess gateway({"--write_stall_timeout=1h"});
  Flood flood(gateway.grpc(), classes, 0, 1);
  flood.Start();
  const auto come = [&](size_t count) {
    Say(Concat(count, " connections come"));
    auto crowd = std::make_unique<testing::Crowd>(testing::CrowdOptions{.address = gateway.http()},
                                                  Groups(count));
    crowd->Start();
    testing::WaitFor([&] { return gateway.Scrape()["connections"] == static_cast<double>(count); },
                     seconds(120));
    const size_t stuck = (count + kStuckShare - 1) / kStuckShare;
    testing::WaitFor(
        [&] { return gateway.Scrape()["lagging_connections"] >= static_cast<double>(stuck); },
        seconds(120));
    return crowd;
  };
  double few_pss = 0;
  {
    const auto crowd = come(kFew);
    for (Look& look : looks) look.few = Time(gateway, look, times);
    few_pss = static_cast<double>(gateway.PssBytes());
  }
  const auto crowd = come(connections);
  const double quiet_latency = MeanLatency(gateway, seconds(5));
  for (Look& look : looks) {
    Say(look.name);
    look.many = Time(gateway, look, times);
  }
  const double pss = static_cast<double>(gateway.PssBytes());
  // Somebody looks all the time.
  double looked_at_latency = 0;
  size_t looked = 0;
  {
    std::atomic<bool> done{false};
    std::thread looker([&] {
      for (; !done; ++looked) testing::HttpGet(gateway.admin(), "/metrics");
    });
    looked_at_latency = MeanLatency(gateway, seconds(5));
    done = true;
    looker.join();
  }
  testing::WaitFor([&] {
    return gateway.Scrape()["connection_lag_events_count"] >= static_cast<double>(connections);
  });
  const Metrics metrics = gateway.Scrape();
  const auto document =
      testing::ParseJson(testing::HttpGet(gateway.admin(), "/debug/connections").body);
  flood.Stop();
  size_t slow = 0;
  const auto& slowest = testing::At(document, "connections").list_value().values();
  for (const auto& stream : slowest) {
    const auto& filters = testing::At(stream, "filters").list_value().values();
    const bool is_stuck = filters[0].string_value() == "busy.*";
    if (is_stuck && testing::NumberAt(stream, "lag_events") > 0) ++slow;
  }

  Report report("Scrape", "./dev soak scrape");
  report.Heading("Scenario");
  report.Paragraph(
      Concat(connections, " event streams, of which one in ", kStuckShare,
             " never reads; 100 events a second. Each kind of look is taken ", times,
             " times, on a connection of its own, 20 ms apart; and before that with ", kFew,
             " streams. The gateway has its defaults but for `--write_stall_timeout=1h`."));
  report.Heading("Figures");
  std::vector<std::vector<std::string>> rows = {{"", "streams", "p50 ms", "p95 ms", "max ms"}};
  for (const Look& look : looks) {
    for (const auto& [count, took] : {std::pair(kFew, &look.few), {connections, &look.many}}) {
      rows.push_back({look.name, Concat(count), Ms(Quantile(*took, 0.5)), Ms(Quantile(*took, 0.95)),
                      Ms(Quantile(*took, 1))});
    }
  }
  report.Table(rows);
  report.Paragraph(Concat("From publishing to the socket, on average: ", Ms(quiet_latency),
                          " ms while nobody looked, ", Ms(looked_at_latency),
                          " ms while somebody scraped without a pause, ", looked,
                          " times in 5 s. PSS of the gateway grew by ",
                          Number((pss - few_pss) / 1024 / static_cast<double>(connections)),
                          " KiB a connection, those that never read included."));
  const double few = Quantile(looks[0].few, 0.5);
  const double many = Quantile(looks[0].many, 0.5);
  report.Expect(metrics["connections"] == static_cast<double>(connections), "all are there",
                Number(metrics["connections"]));
  report.Expect(many <= kMaxGrowth * few,
                Concat("a scrape's cost does not grow with the connections: at most ",
                       Number(kMaxGrowth), " times that of ", kFew),
                Concat(Number(many / few), " times"));
  if (connections >= kMany) {
    // Medians: single ones include what the machine does otherwise.
    const double slower = std::max(many, Quantile(looks[1].many, 0.5));
    report.Expect(slower < kMaxScrapeSeconds, "a scrape takes less than 20 ms, in either format",
                  Concat(Ms(slower), " ms"));
  }
  report.Expect(metrics["connection_lag_events_count"] == static_cast<double>(connections),
                "the distribution of lag is over all of them",
                Concat(Number(metrics["connection_lag_events_count"]), " in it, ",
                       Number(metrics["lagging_connections"]), " lagging"));
  report.Expect(!slowest.empty() && slow == static_cast<size_t>(slowest.size()),
                "the slowest are those that never read", Concat(slow, " of ", slowest.size()));
  std::cout << report.Text();
  return report.holds();
}

}  // namespace ssegw::soak
