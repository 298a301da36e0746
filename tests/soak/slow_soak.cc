// What slow readers cost the others: a curl that reads 1 kB/s and a connection that never reads,
// beside healthy ones, while megabytes a second are published. The same without them, before and
// after, says what noise is.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "internal/base/concat.h"
#include "tests/soak/flood.h"
#include "tests/soak/soak.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::soak {
namespace {

using base::Concat;
using std::chrono::seconds;
using testing::CrowdGroup;
using testing::CrowdReading;
using testing::GatewayProcess;
using testing::KeyNumbers;

constexpr uint32_t kPublishers = 2;
constexpr double kMiB = 1024.0 * 1024;
constexpr uint32_t kCalmTopics = 50;
constexpr uint32_t kBigTopics = 8;
constexpr uint32_t kBigKeys = 4;
constexpr size_t kBigBytes = 16 * 1024;
// In shorter runs the window is still filling, and some events make the p99.
constexpr size_t kJudgedSeconds = 30;
constexpr double kRssTolerance = 0.05;
constexpr double kRssToleranceMiB = 8;
// The p99 of two equal runs differs by as much as this on a machine with nothing else to do.
constexpr double kNoise = 1.5;
constexpr base::Duration kNoiseFloor = std::chrono::milliseconds(2);

struct Outcome {
  testing::CrowdReport calm;
  testing::CrowdReport big;
  double published_bytes = 0;  // a second
  double rss_before = 0;       // the median of the second fifth
  double rss_after = 0;        // and of the last one
  double cpu = 0;              // seconds a second
  size_t curl_bytes = 0;
  std::string curl_ended = {};  // why; empty: it read on to the end
  double stalled = 0;           // streams closed for taking nothing
  bool in_order = false;
  std::string error = {};
};

Outcome Run(size_t run_seconds, size_t healthy, double rate, bool with_slow_ones) {
  const std::vector<FloodClass> classes = {
      {.name = "calm", .topics = kCalmTopics, .events_per_second = 500, .text_bytes = 250},
      {.name = "big",
       .first_topic = kCalmTopics,
       .topics = kBigTopics,
       .keys = kBigKeys,
       .events_per_second = rate / kBigBytes,
       .text_bytes = kBigBytes}};
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1s"});
  const testing::Coverage all_big{
      .first_topic = kCalmTopics, .topics = kBigTopics, .keys = kBigKeys};

  CrowdGroup calm{.name = "calm topic"};
  for (size_t i = 0; i < healthy; ++i) {
    const auto topic = static_cast<uint32_t>(i % kCalmTopics);
    calm.members.push_back(
        {.query = Concat("topic=calm.", topic), .coverage = {.first_topic = topic}});
  }
  CrowdGroup big{.name = "big topic"};
  for (uint32_t i = 0; i < 2; ++i) {
    big.members.push_back({.query = Concat("topic=big.", kCalmTopics + i),
                           .coverage = {.first_topic = kCalmTopics + i, .keys = kBigKeys}});
  }
  std::vector<CrowdGroup> groups = {calm, big};
  std::unique_ptr<testing::Process> curl;
  if (with_slow_ones) {
    groups.push_back({.name = "never reading",
                      .reading = CrowdReading::kNever,
                      .members = {{.query = "topic=big.*", .coverage = all_big}}});
    curl = std::make_unique<testing::Process>(
        "/usr/bin/env",
        std::vector<std::string>{"curl", "-sSN", "--limit-rate", "1k",
                                 Concat("http://", gateway.http(), "/v1/events?topic=big.*")});
  }
  testing::Crowd crowd({.address = gateway.http()}, groups);
  crowd.Start();
  const auto expected = static_cast<double>(healthy + 2 + (with_slow_ones ? 2 : 0));
  if (!gateway.WaitForMetric("connections", expected)) {
    throw testing::Failure(
        Concat("not all have come: ", crowd.LastError(), curl ? curl->Stderr() : ""));
  }

  std::vector<std::unique_ptr<Flood>> floods;
  for (uint32_t i = 0; i < kPublishers; ++i) {
    floods.push_back(std::make_unique<Flood>(gateway.grpc(), classes, i, kPublishers));
    floods.back()->Start();
  }
  const base::TimePoint began = base::Now();
  std::vector<double> rss;
  for (size_t second = 1; second <= run_seconds; ++second) {
    std::this_thread::sleep_until(began + seconds(second));
    rss.push_back(static_cast<double>(gateway.RssBytes()));
  }
  Outcome outcome;
  const testing::Metrics metrics = gateway.Scrape();
  outcome.cpu = metrics["process_cpu_seconds_total"] / static_cast<double>(run_seconds);
  outcome.stalled = metrics[R"(connections_closed_total{reason="write_stall"})"];
  outcome.calm = crowd.Report()[0];
  outcome.big = crowd.Report()[1];
  for (const auto& flood : floods) flood->Stop();
  for (const auto& flood : floods) {
    outcome.published_bytes +=
        static_cast<double>(flood->bytes()) / static_cast<double>(run_seconds);
    if (outcome.error.empty()) outcome.error = flood->error();
  }
  if (curl) {
    outcome.curl_bytes = curl->Stdout().size();
    if (curl->WaitExit(base::Duration::zero())) {
      outcome.curl_ended = Concat("it ended: ", curl->Stderr());
    }
  }
  curl.reset();
  std::vector<KeyNumbers> newest(kCalmTopics + kBigTopics);
  for (const auto& flood : floods) flood->NewestInto(newest);
  crowd.Settle();
  outcome.in_order = testing::WaitFor([&] { return crowd.FindBehind(newest).members == 0; });
  for (const testing::CrowdReport& report : crowd.Report()) {
    const testing::Deliveries& got = report.deliveries;
    if (got.order_violations + got.strange_events > 0) outcome.error = got.first_fault;
  }
  gateway.Terminate();
  if (gateway.WaitExit() != 0) outcome.error = "the gateway does not end in order";

  const auto median_of = [&](size_t fifth) {
    return Median({rss.begin() + static_cast<ptrdiff_t>(rss.size() * fifth / 5),
                   rss.begin() + static_cast<ptrdiff_t>(rss.size() * (fifth + 1) / 5)});
  };
  outcome.rss_before = median_of(1);
  outcome.rss_after = median_of(4);
  return outcome;
}

}  // namespace

bool RunSlowSoak(const Options& options) {
  const size_t run_seconds = options.seconds > 0 ? options.seconds : 60;
  const size_t healthy = options.connections > 0 ? options.connections : 200;
  const double rate = options.rate > 0 ? static_cast<double>(options.rate) : 50e6;
  const bool judged = run_seconds >= kJudgedSeconds;

  std::vector<Outcome> outcomes;
  for (const bool with_slow_ones : {false, true, false}) {
    Say(Concat(run_seconds, " s with", with_slow_ones ? "" : "out", " slow readers"));
    outcomes.push_back(Run(run_seconds, healthy, rate, with_slow_ones));
  }
  const Outcome& with = outcomes[1];

  Report report("Slow readers", Concat("./dev soak slow ", run_seconds));
  report.Heading("Scenario");
  report.Paragraph(
      Concat("Two publishers send ", Number(rate / 1e6), " MB/s, if the machine can: text of ",
             kBigBytes / 1024, " KiB an event to ", kBigTopics,
             " topics, and 500 small events a second to ", kCalmTopics, " others. ", healthy,
             " connections follow one of the others each, and two a big one. ", "Three times ",
             run_seconds, " s, each with a new gateway: without slow readers; with ",
             "`curl --limit-rate 1k` and a connection that never reads, both on all big topics; "
             "without again. ",
             "What differs between the first and the third is noise."));
  report.Heading("Figures");
  std::vector<std::vector<std::string>> rows = {{"", "without", "with", "without again"}};
  const auto row = [&](const std::string& name, const auto& figure) {
    std::vector<std::string> cells = {name};
    for (const Outcome& outcome : outcomes) cells.push_back(figure(outcome));
    rows.push_back(cells);
  };
  const auto latency = [&](const std::string& name, testing::CrowdReport Outcome::* crowd,
                           double q) {
    row(name,
        [=](const Outcome& o) { return Milliseconds((o.*crowd).deliveries.latency.Quantile(q)); });
  };
  row("published, MB/s", [](const Outcome& o) { return Number(o.published_bytes / 1e6); });
  row("CPU time of the gateway, s/s", [](const Outcome& o) { return Number(o.cpu); });
  row("RSS, second fifth, MiB", [](const Outcome& o) { return Number(o.rss_before / kMiB); });
  row("RSS, last fifth, MiB", [](const Outcome& o) { return Number(o.rss_after / kMiB); });
  latency("calm topics: p50 ms", &Outcome::calm, 0.5);
  latency("calm topics: p99 ms", &Outcome::calm, 0.99);
  latency("calm topics: p99.9 ms", &Outcome::calm, 0.999);
  latency("big topics: p50 ms", &Outcome::big, 0.5);
  latency("big topics: p99 ms", &Outcome::big, 0.99);
  row("events measured",
      [](const Outcome& o) { return Concat(o.calm.deliveries.latency.count()); });
  report.Table(rows);
  report.Paragraph(
      Concat("curl got ", with.curl_bytes, " bytes; ", Number(with.stalled),
             " streams were closed by `--write_stall_timeout`, whose default is 60 s."));

  const auto p99 = [](const Outcome& o) { return o.calm.deliveries.latency.Quantile(0.99); };
  const base::Duration worst = std::max(p99(outcomes[0]), p99(outcomes[2]));
  const std::string latencies =
      Concat(Milliseconds(p99(with)), " ms, without ", Milliseconds(p99(outcomes[0])), " and ",
             Milliseconds(p99(outcomes[2])), " ms");
  const std::string rss = Concat(MiB(with.rss_before), " → ", MiB(with.rss_after), ", without ",
                                 MiB(outcomes[0].rss_after), " and ", MiB(outcomes[2].rss_after));
  const auto limit = [](double bytes) {
    return bytes * (1 + kRssTolerance) + kRssToleranceMiB * kMiB;
  };
  const double rss_without = std::max(outcomes[0].rss_after, outcomes[2].rss_after);
  const std::string bounded =
      "p99 of the healthy, calm ones: at most half as much again as the worse of the two without, "
      "and "
      "2 ms";
  const std::string flat = "RSS is flat, and no more than without: within 5 % and 8 MiB";
  if (judged) {
    report.Expect(
        p99(with) <= kNoiseFloor + std::chrono::duration_cast<base::Duration>(worst * kNoise),
        bounded, latencies);
    report.Expect(with.rss_after <= limit(with.rss_before) && with.rss_after <= limit(rss_without),
                  flat, rss);
  } else {
    report.Note(bounded, latencies);
    report.Note(flat, rss);
  }
  report.Expect(with.curl_ended.empty() && with.curl_bytes > 0, "curl reads on to the end",
                with.curl_ended);
  std::string faults;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.in_order) faults += "somebody is behind in the end; ";
    if (outcome.calm.given_up + outcome.calm.cut > 0) faults += "a healthy one was cut; ";
    faults += outcome.error;
  }
  report.Expect(faults.empty(),
                "everybody, the one that never read too, ends at the newest of each key, in order",
                faults);
  std::cout << report.Text();
  return report.holds();
}

}  // namespace ssegw::soak
