#include <algorithm>
#include <memory>
#include <thread>

#include "bench/fanout/load.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using base::Concat;

// As many as the gateway gathers in one write.
constexpr size_t kLargestBurst = 64;

double Microseconds(base::Duration d) { return base::ToSeconds(d) * 1e6; }
double Nanoseconds(base::Duration d) { return static_cast<double>(d.count()); }

// Who is published to in turn.
struct Contender {
  std::string name;
  Scenario scenario;
  const Candidate* candidate;
};

// One candidate with its connections, from the beginning to the end.
class Session {
 public:
  // Failure: the server does not start, or not everybody gets a stream.
  Session(const Scenario& scenario, const Candidate& candidate, base::Duration patience,
          ServerOutcome& outcome)
      : scenario_(scenario),
        patience_(patience),
        outcome_(outcome),
        server_(candidate.start()),
        pss_alone_(server_->PssBytes()),
        load_(server_->target(), {.connections = scenario.connections,
                                  .topics = scenario.topics,
                                  .never_reading_percent = scenario.never_reading_percent,
                                  .with_all_below = scenario.subtopics > 0}),
        published_(scenario.topics) {
    load_.WaitUntilOpen(kConnectPatience);
  }

  // Publishes so many, of which each topic has its share, and waits for them.
  void Publish(size_t events);
  // Publishes for this long and keeps what it measured, but for a warm-up. After a fault nothing
  // more is published: figures of a server that loses events mean nothing.
  // Failure: the server refuses an event, or the generator does not answer.
  void RunRound(base::Duration length, bool counts);

 private:
  void PublishBurst(size_t size);
  // Everything but the last bursts, as many as may be on their way, has come.
  bool Await(size_t bursts_on_their_way);
  void AddFaults(const LoadReport& report);

  const Scenario scenario_;
  const base::Duration patience_;
  ServerOutcome& outcome_;
  std::unique_ptr<Server> server_;
  const size_t pss_alone_;
  Load load_;
  std::vector<uint64_t> published_;  // events of each topic
  size_t next_topic_ = 0;
  size_t next_subtopic_ = 0;
  // Events that are to have come to all connections after each burst of this round; first what was
  // before it.
  std::vector<uint64_t> expected_ = {0};
};

void Session::PublishBurst(size_t size) {
  std::vector<NumberedEvent> events(size);
  uint64_t expected = expected_.back();
  for (NumberedEvent& event : events) {
    event.topic = static_cast<uint32_t>(next_topic_);
    event.number = ++published_[next_topic_];
    event.data_bytes = scenario_.data_bytes;
    expected += load_.ReadersOf(next_topic_);
    next_topic_ = (next_topic_ + 1) % scenario_.topics;
    if (scenario_.subtopics > 0) {
      event.subtopic = static_cast<uint32_t>(next_subtopic_);
      next_subtopic_ = (next_subtopic_ + 1) % scenario_.subtopics;
    }
  }
  expected_.push_back(expected);
  server_->Publish(events);
}

bool Session::Await(size_t bursts_on_their_way) {
  if (expected_.size() <= bursts_on_their_way) return true;
  return load_.WaitForEvents(expected_[expected_.size() - 1 - bursts_on_their_way], patience_);
}

void Session::Publish(size_t events) {
  while (events > 0) {
    const size_t size = std::min(events, kLargestBurst);
    PublishBurst(size);
    if (!Await(0)) throw testing::Failure("what was published first does not come to everybody");
    events -= size;
  }
}

void Session::RunRound(base::Duration length, bool counts) {
  if (!outcome_.faults.empty()) return;
  expected_ = {expected_.back()};
  const LoadReport before = load_.ForgetLatencies();
  const base::Duration generator_before = load_.CpuTime();
  const base::Duration server_before = server_->CpuTime();
  const base::TimePoint began = base::Now();
  bool all = true;
  for (base::TimePoint due = began; all && base::Now() - began < length;) {
    PublishBurst(scenario_.burst);
    all = Await(scenario_.on_their_way - 1);
    due = std::max(due + scenario_.interval, base::Now());
    std::this_thread::sleep_until(due);
  }
  all = all && Await(0);
  const double seconds = base::ToSeconds(base::Now() - began);
  const base::Duration server_cpu = server_->CpuTime() - server_before;
  const base::Duration generator_cpu = load_.CpuTime() - generator_before;
  const LoadReport report = load_.Report();
  if (!all) {
    outcome_.faults.push_back(
        Concat(expected_.back() - report.events, " of ", expected_.back(), " deliveries are lost"));
  }
  AddFaults(report);
  const double frames = static_cast<double>(report.events - before.events);
  if (!counts || !outcome_.faults.empty() || frames <= 0) return;
  outcome_.rounds.push_back(
      {{kCpuPerFrame, Nanoseconds(server_cpu) / frames},
       {kDeliveries, frames / seconds},
       {kFrameBytes, static_cast<double>(report.bytes - before.bytes) / frames},
       {kP50, Microseconds(report.latency.Quantile(0.5))},
       {kP99, Microseconds(report.latency.Quantile(0.99))},
       {kP999, Microseconds(report.latency.Quantile(0.999))},
       {kServerCores, base::ToSeconds(server_cpu) / seconds},
       {kGeneratorCores, base::ToSeconds(generator_cpu) / seconds},
       {kLost, static_cast<double>(report.lost)}});
  // Of two processes of one binary each has half of what they share, but the first had it for
  // itself when it was alone.
  if (scenario_.kind == Kind::kManyTopics || scenario_.kind == Kind::kCarriers) return;
  outcome_.rounds.back()[kPss] =
      (static_cast<double>(server_->PssBytes()) - static_cast<double>(pss_alone_)) /
      static_cast<double>(scenario_.connections);
}

void Session::AddFaults(const LoadReport& report) {
  if (report.events > expected_.back()) {
    outcome_.faults.push_back(Concat(report.events - expected_.back(), " deliveries too many"));
  }
  if (report.faults() > 0) outcome_.faults.push_back(report.FaultText());
}

}  // namespace

Outcome MeasureDelivery(const Scenario& scenario, const std::vector<Candidate>& candidates,
                        const MeasureOptions& options) {
  std::vector<Contender> contenders;
  for (const Candidate& candidate : candidates) {
    contenders.push_back({.name = candidate.name, .scenario = scenario, .candidate = &candidate});
  }
  if (scenario.kind == Kind::kManyTopics) {
    contenders.push_back(
        {.name = "one_topic", .scenario = scenario, .candidate = &candidates.front()});
    contenders.back().scenario.subtopics = 1;
  }
  Outcome outcome{.scenario = scenario};
  for (const Contender& contender : contenders) outcome.servers.push_back({.name = contender.name});
  std::vector<std::unique_ptr<Session>> sessions(contenders.size());
  const auto run_round = [&](size_t i, bool counts) {
    OrFault(outcome.servers[i], [&] { sessions[i]->RunRound(options.round, counts); });
    // What it holds and does is no longer of interest, and in the way of the others.
    if (!outcome.servers[i].faults.empty()) sessions[i].reset();
  };
  for (size_t i = 0; i < contenders.size(); ++i) {
    OrFault(outcome.servers[i], [&] {
      sessions[i] = std::make_unique<Session>(contenders[i].scenario, *contenders[i].candidate,
                                              options.patience, outcome.servers[i]);
      // All topics are there, and all windows have as much in them.
      sessions[i]->Publish(scenario.subtopics);
    });
  }
  for (size_t i = 0; i < sessions.size(); ++i) run_round(i, false);
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < sessions.size(); ++i) {
      run_round(round % 2 == 0 ? i : sessions.size() - 1 - i, true);
    }
  }
  return outcome;
}

}  // namespace ssegw::bench
