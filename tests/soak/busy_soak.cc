// Connections of all kinds under two flooding publishers, for as long as asked: nothing grows,
// nobody waits for another, nothing is lost.
#include <algorithm>
#include <cmath>
#include <iostream>
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
using testing::CrowdReport;
using testing::GatewayProcess;
using testing::KeyNumbers;
using testing::Metrics;

constexpr uint32_t kPublishers = 2;
constexpr double kMiB = 1024.0 * 1024;

// A stuck connection lives about this long from when its buffers are full.
constexpr base::Duration kWriteStallTimeout = seconds(20);
// Until then: what the kernels take on its behalf, at the rate of its filter, and the timers'
// slack.
constexpr base::Duration kUntilStalled = seconds(40);

// Memory: what a run of the allocator's luck may add. The window and the snapshot are full long
// before the second fifth of a run that is judged.
constexpr double kRssTolerance = 0.05;
constexpr double kRssToleranceMiB = 8;
// What a person still takes for at once, on a machine whose CPUs are all busy and shared with the
// publishers and the crowd. Unloaded it is a millisecond or two.
constexpr base::Duration kP99Bound = std::chrono::milliseconds(500);
// Of a shorter run latency is not judged, and memory even later: it takes half a minute to fill the
// window.
constexpr size_t kJudgedSeconds = 60;
constexpr size_t kMemoryJudgedSeconds = 240;

// Topics, by their numbers: first those that many watch, then those whose events have a ttl, those
// that nobody watches, and one for each of the connections that have a topic of their own.
constexpr uint32_t kBusyTopics = 8;
constexpr uint32_t kBusyKeys = 20;
constexpr uint32_t kTtlTopics = 4;
constexpr uint32_t kTtlKeys = 50;
constexpr uint32_t kUnwatchedTopics = 1000;
constexpr uint32_t kUnwatchedKeys = 4;
constexpr uint32_t kOwnKeys = 2;
constexpr uint32_t kFirstTtl = kBusyTopics;
constexpr uint32_t kFirstUnwatched = kFirstTtl + kTtlTopics;
constexpr uint32_t kFirstOwn = kFirstUnwatched + kUnwatchedTopics;

struct Scenario {
  std::vector<CrowdGroup> groups = {};
  std::vector<FloodClass> classes = {};
  size_t connections = 0;
  size_t stuck = 0;
  uint32_t topics = 0;
};

// Adds a share of the connections, each with one of the topics "<name>.<first>" and so on.
class CrowdBuilder {
 public:
  explicit CrowdBuilder(size_t connections) : connections_(connections) {}

  CrowdGroup& Add(const std::string& name, double share) {
    groups_.push_back({.name = name});
    left_ = static_cast<size_t>(std::llround(share * static_cast<double>(connections_)));
    left_ = std::max<size_t>(left_, 1);
    return groups_.back();
  }
  void Fill(const std::string& topic, const std::string& more, uint32_t first, uint32_t topics,
            uint32_t keys) {
    const bool every_event = more.find("mode=all") != std::string::npos;
    for (size_t i = 0; i < left_; ++i) {
      const uint32_t number = first + static_cast<uint32_t>(i % topics);
      groups_.back().members.push_back({.query = Concat("topic=", topic, ".", number, more),
                                        .coverage = {.first_topic = number,
                                                     .keys = keys,
                                                     .every_event = every_event,
                                                     .from_the_first = every_event}});
    }
  }
  void FillWild(const std::string& topic, const std::string& more, uint32_t first, uint32_t topics,
                uint32_t keys) {
    for (size_t i = 0; i < left_; ++i) {
      groups_.back().members.push_back(
          {.query = Concat("topic=", topic, ".*", more),
           .coverage = {.first_topic = first, .topics = topics, .keys = keys}});
    }
  }
  std::vector<CrowdGroup> Take() { return std::move(groups_); }

 private:
  const size_t connections_;
  size_t left_ = 0;
  std::vector<CrowdGroup> groups_;
};

Scenario MakeScenario(size_t connections, double rate) {
  constexpr char kAll[] = "&mode=all&start=live";
  CrowdBuilder crowd(connections);
  const auto own = static_cast<uint32_t>(connections);

  crowd.Add("own topic, latest", 0.42);
  crowd.Fill("own", "", kFirstOwn, own / 2, kOwnKeys);
  crowd.Add("own topic, all", 0.20);
  crowd.Fill("own", kAll, kFirstOwn + own / 2, own - own / 2, kOwnKeys);
  crowd.Add("busy topic, latest", 0.02);
  crowd.Fill("busy", "", 0, kBusyTopics, kBusyKeys);
  crowd.Add("busy topic, all", 0.02);
  crowd.Fill("busy", kAll, 0, kBusyTopics, kBusyKeys);
  crowd.Add("`busy.*`, latest", 0.01);
  crowd.FillWild("busy", "", 0, kBusyTopics, kBusyKeys);
  crowd.Add("`ttl.*`, latest", 0.01);
  crowd.FillWild("ttl", "", kFirstTtl, kTtlTopics, kTtlKeys);
  crowd.Add("`busy.*`, maxRate=1", 0.02);
  crowd.FillWild("busy", "&maxRate=1", 0, kBusyTopics, kBusyKeys);

  CrowdGroup& slow_latest = crowd.Add("slow: `busy.*`, latest", 0.05);
  slow_latest.reading = CrowdReading::kSlowly;
  slow_latest.bytes_per_second = 4000;
  crowd.FillWild("busy", "", 0, kBusyTopics, kBusyKeys);
  CrowdGroup& slow_all = crowd.Add("slow: busy topic, all", 0.05);
  slow_all.reading = CrowdReading::kSlowly;
  slow_all.bytes_per_second = 2000;
  crowd.Fill("busy", kAll, 0, kBusyTopics, kBusyKeys);
  CrowdGroup& stuck = crowd.Add("never reading: `busy.*`", 0.10);
  stuck.reading = CrowdReading::kNever;
  crowd.FillWild("busy", "", 0, kBusyTopics, kBusyKeys);
  CrowdGroup& churning_latest = crowd.Add("churning: busy topic, latest", 0.05);
  churning_latest.mean_stay = seconds(5);
  crowd.Fill("busy", "", 0, kBusyTopics, kBusyKeys);
  CrowdGroup& churning_all = crowd.Add("churning: busy topic, all", 0.05);
  churning_all.mean_stay = seconds(5);
  crowd.Fill("busy", kAll, 0, kBusyTopics, kBusyKeys);

  Scenario scenario{.groups = crowd.Take(), .topics = kFirstOwn + own};
  for (const CrowdGroup& group : scenario.groups) {
    const size_t members = group.members.size();
    scenario.connections += members;
    if (group.reading == CrowdReading::kNever) scenario.stuck += members;
  }
  scenario.classes = {{.name = "busy",
                       .topics = kBusyTopics,
                       .keys = kBusyKeys,
                       .events_per_second = 100,
                       .text_bytes = 250,
                       .deleted = 0.03},
                      {.name = "ttl",
                       .first_topic = kFirstTtl,
                       .topics = kTtlTopics,
                       .keys = kTtlKeys,
                       .events_per_second = 50,
                       .text_bytes = 250,
                       .ttl_seconds = 2},
                      {.name = "own",
                       .first_topic = kFirstOwn,
                       .topics = own,
                       .keys = kOwnKeys,
                       .events_per_second = static_cast<double>(connections) * 0.3,
                       .text_bytes = 250,
                       .deleted = 0.05}};
  double watched = 0;
  for (const FloodClass& flood_class : scenario.classes) watched += flood_class.events_per_second;
  scenario.classes.push_back({.name = "unwatched",
                              .first_topic = kFirstUnwatched,
                              .topics = kUnwatchedTopics,
                              .keys = kUnwatchedKeys,
                              .events_per_second = std::max(0.0, rate - watched),
                              .text_bytes = 250,
                              .deleted = 0.01});
  return scenario;
}

bool IsHealthy(const CrowdGroup& group) {
  return group.reading == CrowdReading::kFreely && group.mean_stay == base::Duration::zero();
}
bool IsPaced(const CrowdGroup& group) {
  return group.members.front().query.find("maxRate") != std::string::npos;
}

struct Sample {
  double rss = 0;
  double pss = 0;
  double fds = 0;
  double threads = 0;
  double connections = 0;
  double lagging = 0;
  double cpu_seconds = 0;
  double delivered = 0;
  double received = 0;
};

// What the gateway looks like, once a second; and whether every series is a number.
class Sampler {
 public:
  explicit Sampler(const GatewayProcess& gateway) : gateway_(gateway) {}

  void Take() {
    const Metrics metrics = gateway_.Scrape();
    for (const auto& [series, value] : metrics.all()) {
      if (!std::isfinite(value)) not_finite_ = series;
    }
    samples_.push_back({.rss = static_cast<double>(gateway_.RssBytes()),
                        .pss = static_cast<double>(gateway_.PssBytes()),
                        .fds = metrics["process_open_fds"],
                        .threads = metrics["process_threads"],
                        .connections = metrics["connections"],
                        .lagging = metrics["lagging_connections"],
                        .cpu_seconds = metrics["process_cpu_seconds_total"],
                        .delivered = metrics["frames_delivered_total"],
                        .received = metrics[R"(events_received_total{result="ok"})"]});
  }
  const std::vector<Sample>& samples() const { return samples_; }
  const std::string& not_finite() const { return not_finite_; }

  // The middle of what was sampled in this fifth, 0 to 4, of the time.
  double MedianOf(size_t fifth, double Sample::* figure) const {
    std::vector<double> values;
    for (size_t i = samples_.size() * fifth / 5; i < samples_.size() * (fifth + 1) / 5; ++i) {
      values.push_back(samples_[i].*figure);
    }
    return Median(std::move(values));
  }
  double Max(double Sample::* figure) const {
    double max = 0;
    for (const Sample& sample : samples_) max = std::max(max, sample.*figure);
    return max;
  }
  double PerSecond(double Sample::* figure) const {
    if (samples_.size() < 2) return 0;
    return (samples_.back().*figure - samples_.front().*figure) /
           static_cast<double>(samples_.size() - 1);
  }

 private:
  const GatewayProcess& gateway_;
  std::vector<Sample> samples_;
  std::string not_finite_;
};

double ClosedOf(const Metrics& metrics) {
  double closed = 0;
  for (const auto& [series, value] : metrics.all()) {
    if (series.starts_with("sse_gateway_connections_closed_total{")) closed += value;
  }
  return closed;
}

void AddSamples(const Sampler& sampler, Report& report) {
  const auto row = [&](const std::string& name, double Sample::* figure, double unit) {
    std::vector<std::string> cells = {name};
    for (size_t fifth = 0; fifth < 5; ++fifth) {
      cells.push_back(Number(sampler.MedianOf(fifth, figure) / unit));
    }
    cells.push_back(Number(sampler.Max(figure) / unit));
    return cells;
  };
  report.Paragraph("The gateway, sampled once a second; medians of each fifth of the time:");
  report.Table({{"", "1st", "2nd", "3rd", "4th", "5th", "max"},
                row("RSS, MiB", &Sample::rss, kMiB),
                row("PSS, MiB", &Sample::pss, kMiB),
                row("open files", &Sample::fds, 1),
                row("threads", &Sample::threads, 1),
                row("connections", &Sample::connections, 1),
                row("lagging connections", &Sample::lagging, 1)});
}

void AddCloses(const Metrics& metrics, Report& report) {
  std::vector<std::vector<std::string>> rows = {{"closed by reason", "streams"}};
  constexpr std::string_view kName = "sse_gateway_connections_closed_total{reason=\"";
  for (const auto& [series, value] : metrics.all()) {
    if (!series.starts_with(kName)) continue;
    rows.push_back({series.substr(kName.size(), series.size() - kName.size() - 2), Number(value)});
  }
  report.Table(rows);
}

}  // namespace

bool RunBusySoak(const Options& options) {
  const size_t run_seconds = options.seconds > 0 ? options.seconds : 600;
  const size_t connections = options.connections > 0 ? options.connections : 5000;
  const size_t rate = options.rate > 0 ? options.rate : 4000;
  const bool judged = run_seconds >= kJudgedSeconds;
  Scenario scenario = MakeScenario(connections, static_cast<double>(rate));

  GatewayProcess gateway(
      {"--write_stall_timeout=20s", "--retry=1s", "--drain_delay=0s", "--drain_window=1s"});
  std::vector<std::unique_ptr<Flood>> floods;
  for (uint32_t i = 0; i < kPublishers; ++i) {
    floods.push_back(std::make_unique<Flood>(gateway.grpc(), scenario.classes, i, kPublishers));
  }
  const std::vector<CrowdGroup> groups = scenario.groups;
  std::optional<testing::Crowd> crowd;
  crowd.emplace(testing::CrowdOptions{.address = gateway.http(), .connects_per_second = 1000},
                scenario.groups);
  Say(Concat(scenario.connections, " connections come"));
  crowd->Start();
  // Those that never read do not see that they have a stream; they have come with the others.
  const bool all_came = testing::WaitFor(
      [&] {
        size_t came = 0;
        for (const CrowdReport& report : crowd->Report()) came += report.came;
        return came == scenario.connections - scenario.stuck;
      },
      std::chrono::minutes(2));
  if (!all_came) throw testing::Failure(Concat("not all have come: ", crowd->LastError()));

  Say(Concat("publishing for ", run_seconds, " s"));
  Sampler sampler(gateway);
  for (const auto& flood : floods) flood->Start();
  const base::TimePoint began = base::Now();
  for (size_t second = 1; second <= run_seconds; ++second) {
    std::this_thread::sleep_until(began + seconds(second));
    sampler.Take();
    if (second % 30 == 0 || second == run_seconds) {
      const Sample& last = sampler.samples().back();
      Say(Concat(MiB(last.rss), " resident, ", Number(last.connections), " connections, ",
                 Number(last.lagging), " of them lagging"));
    }
  }
  for (const auto& flood : floods) flood->Stop();
  const std::vector<CrowdReport> under_load = crowd->Report();

  Say("nothing is published any more: everybody reads on");
  crowd->Settle();
  std::vector<KeyNumbers> newest(scenario.topics);
  for (const auto& flood : floods) flood->NewestInto(newest);
  const bool settled =
      testing::WaitFor([&] { return crowd->FindBehind(newest).members == 0; }, seconds(90));
  const testing::Crowd::Behind behind = crowd->FindBehind(newest);
  testing::WaitFor([&] { return crowd->Connected() == scenario.connections; });
  const size_t connected = crowd->Connected();
  const std::vector<CrowdReport> in_the_end = crowd->Report();
  const std::string last_error = crowd->LastError();
  const Metrics settled_metrics = gateway.Scrape();
  crowd.reset();
  const bool all_gone = gateway.WaitForMetric("connections", 0);
  const Metrics last_metrics = gateway.Scrape();
  gateway.Terminate();
  const std::optional<int> exit_code = gateway.WaitExit();

  uint64_t published = 0;
  uint64_t published_bytes = 0;
  std::string publisher_error;
  for (const auto& flood : floods) {
    published += flood->events();
    published_bytes += flood->bytes();
    if (publisher_error.empty()) publisher_error = flood->error();
  }
  testing::Deliveries all;
  testing::Deliveries healthy;
  CrowdReport stuck;
  uint64_t slow_closed = 0;
  uint64_t given_up = 0;
  uint64_t refused = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    all.Add(in_the_end[i].deliveries);
    given_up += in_the_end[i].given_up;
    refused += in_the_end[i].refused;
    if (IsHealthy(groups[i]) && !IsPaced(groups[i])) healthy.Add(under_load[i].deliveries);
    if (groups[i].reading == CrowdReading::kNever) stuck = under_load[i];
    if (groups[i].reading == CrowdReading::kSlowly) {
      slow_closed += under_load[i].cut + under_load[i].ended;
    }
  }

  Report report("Soak", Concat("./dev soak ", run_seconds));
  report.Heading("Scenario");
  report.Paragraph(Concat(
      scenario.connections, " connections for ", run_seconds, " s, most of them with a topic of ",
      "their own, which changes every few seconds; a tenth reads 4 or 2 kB/s and is offered more, "
      "a "
      "tenth never reads, ",
      "a tenth leaves after 5 s on average, half of the times with a reset, and comes back as an ",
      "EventSource does. Two publishers send dashboards of some 350 bytes to ", scenario.topics,
      " topics, most of them to topics that nobody watches; some of the events delete a key, and ",
      "some have a ttl. At the end they stop, everybody reads what is left, and what each ",
      "connection knows is compared with what was published. The gateway has its defaults but for ",
      "`--write_stall_timeout=20s --retry=1s`."));
  report.Heading("Figures");
  report.Table(
      {{"", "a second"},
       {"events published",
        Concat(Number(static_cast<double>(published) / static_cast<double>(run_seconds)), " (",
               MiB(static_cast<double>(published_bytes) / static_cast<double>(run_seconds)), ")")},
       {"frames delivered", Number(sampler.PerSecond(&Sample::delivered))},
       {"CPU time of the gateway, s", Number(sampler.PerSecond(&Sample::cpu_seconds))}});
  AddSamples(sampler, report);
  report.Paragraph("The crowd, up to the end of publishing:");
  report.Crowd(groups, under_load);
  AddCloses(last_metrics, report);

  const double rss_before = sampler.MedianOf(1, &Sample::rss);
  const double rss_after = sampler.MedianOf(4, &Sample::rss);
  const double rss_limit = rss_before * (1 + kRssTolerance) + kRssToleranceMiB * kMiB;
  const std::string rss = Concat(MiB(rss_before), " → ", MiB(rss_after));
  const base::Duration p99 = healthy.latency.Quantile(0.99);
  const std::string latency =
      Concat("p99 ", Milliseconds(p99), " ms of ", healthy.latency.count(), " events");
  const std::string flat =
      "RSS is flat: from the second to the last fifth no more than 5 % and 8 MiB";
  if (run_seconds >= kMemoryJudgedSeconds) {
    report.Expect(rss_after <= rss_limit, flat, rss);
  } else {
    report.Note(flat, rss);
  }
  const std::string bounded =
      Concat("healthy connections: p99 from publishing to receiving at most ",
             Milliseconds(kP99Bound), " ms");
  if (judged) {
    report.Expect(p99 <= kP99Bound, bounded, latency);
  } else {
    report.Note(bounded, latency);
  }
  report.Expect(healthy.latency.count() > 0 && all.lost_events == 0,
                "no event is lost that `gateway.reset` did not count",
                Concat(all.lost_events, " lost, ", all.missed, " missed as told"));
  report.Expect(all.order_violations == 0 && all.strange_events == 0,
                "ids increase, topics are in order, nothing strange comes",
                Concat(all.order_violations, " out of order, ", all.strange_events, " strange",
                       all.first_fault.empty() ? "" : "; first: ", all.first_fault));
  report.Expect(
      settled, "in the end everybody, slow and stuck ones too, has the newest of each key",
      Concat(behind.members, " have not", behind.members > 0 ? "; first: " : "", behind.first));
  const base::Duration stall_limit = kWriteStallTimeout + kUntilStalled;
  report.Expect(stuck.longest_stay <= stall_limit && (!judged || stuck.cut >= stuck.members),
                Concat("never reading connections are closed within ",
                       Number(base::ToSeconds(stall_limit)), " s"),
                Concat(stuck.cut, " closed, after ", Number(base::ToSeconds(stuck.longest_stay)),
                       " s at most"));
  report.Expect(slow_closed == 0, "slow connections, which do read, are not closed",
                Concat(slow_closed, " closed"));
  report.Expect(connected == scenario.connections && given_up == 0,
                "everybody comes back, every time",
                Concat(connected, " connected, ", given_up, " gave up, ", refused,
                       " attempts refused", last_error.empty() ? "" : "; last: ", last_error));
  const double opened = last_metrics["connections_opened_total"];
  report.Expect(all_gone && ClosedOf(last_metrics) == opened &&
                    settled_metrics["connections_opened_total"] ==
                        ClosedOf(settled_metrics) + settled_metrics["connections"],
                "streams opened = closed, each for a reason, + open",
                Concat(Number(opened), " opened, ", Number(ClosedOf(last_metrics)), " closed"));
  report.Expect(
      publisher_error.empty() &&
          last_metrics[R"(events_received_total{result="ok"})"] == static_cast<double>(published),
      "every event was taken",
      Concat(published, " published", publisher_error.empty() ? "" : "; ", publisher_error));
  report.Expect(sampler.not_finite().empty(), "every series is a number, always",
                sampler.not_finite().empty() ? Concat(sampler.samples().size(), " scrapes")
                                             : sampler.not_finite());
  report.Expect(exit_code == 0, "the gateway ends in order",
                exit_code ? Concat("exit code ", *exit_code) : "it did not");
  std::cout << report.Text();
  if (exit_code != 0) std::cerr << gateway.Log();
  return report.holds();
}

}  // namespace ssegw::soak
