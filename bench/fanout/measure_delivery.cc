#include <algorithm>
#include <memory>
#include <thread>

#include "bench/fanout/load.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"

namespace ssegw::bench {
namespace {

using base::Concat;

double Microseconds(base::Duration d) { return base::ToSeconds(d) * 1e6; }
double Nanoseconds(base::Duration d) { return static_cast<double>(d.count()); }

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
                                  .never_reading_percent = scenario.never_reading_percent}),
        published_(scenario.topics) {
    load_.WaitUntilOpen(kConnectPatience);
  }

  // Publishes for this long and keeps what it measured, but for a warm-up. After a fault nothing
  // more is published: figures of a server that loses events mean nothing.
  // Failure: the server refuses an event, or the generator does not answer.
  void RunRound(base::Duration length, bool counts);

 private:
  void PublishBurst();
  // Everything but the last bursts, as many as may be on their way, has come.
  bool Await(size_t bursts_on_their_way);
  void AddFaults(const LoadReport& report);

  const Scenario& scenario_;
  const base::Duration patience_;
  ServerOutcome& outcome_;
  std::unique_ptr<Server> server_;
  const size_t pss_alone_;
  Load load_;
  std::vector<uint64_t> published_;  // events of each topic
  size_t next_topic_ = 0;
  // Events that are to have come to all connections after each burst of this round; first what was
  // before it.
  std::vector<uint64_t> expected_ = {0};
};

void Session::PublishBurst() {
  std::vector<NumberedEvent> events(scenario_.burst);
  uint64_t expected = expected_.back();
  for (NumberedEvent& event : events) {
    event.topic = static_cast<uint32_t>(next_topic_);
    event.number = ++published_[next_topic_];
    event.data_bytes = scenario_.data_bytes;
    expected += load_.ReadersOf(next_topic_);
    next_topic_ = (next_topic_ + 1) % scenario_.topics;
  }
  expected_.push_back(expected);
  server_->Publish(events);
}

bool Session::Await(size_t bursts_on_their_way) {
  if (expected_.size() <= bursts_on_their_way) return true;
  return load_.WaitForEvents(expected_[expected_.size() - 1 - bursts_on_their_way], patience_);
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
    PublishBurst();
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
       {kPss, (static_cast<double>(server_->PssBytes()) - static_cast<double>(pss_alone_)) /
                  static_cast<double>(scenario_.connections)},
       {kServerCores, base::ToSeconds(server_cpu) / seconds},
       {kGeneratorCores, base::ToSeconds(generator_cpu) / seconds},
       {kLost, static_cast<double>(report.lost)}});
}

void Session::AddFaults(const LoadReport& report) {
  if (report.events > expected_.back()) {
    outcome_.faults.push_back(Concat(report.events - expected_.back(), " deliveries too many"));
  }
  if (report.faults() == 0) return;
  outcome_.faults.push_back(Concat(report.lost, " lost, ", report.out_of_order, " out of order, ",
                                   report.strange, " strange, ", report.ended, " streams ended, ",
                                   report.resets,
                                   " resets: ", std::string_view(report.first_fault.data())));
}

}  // namespace

Outcome MeasureDelivery(const Scenario& scenario, const std::vector<Candidate>& candidates,
                        const MeasureOptions& options) {
  Outcome outcome{.scenario = scenario};
  for (const Candidate& candidate : candidates) outcome.servers.push_back({.name = candidate.name});
  std::vector<std::unique_ptr<Session>> sessions(candidates.size());
  const auto run_round = [&](size_t i, bool counts) {
    OrFault(outcome.servers[i], [&] { sessions[i]->RunRound(options.round, counts); });
    // What it holds and does is no longer of interest, and in the way of the others.
    if (!outcome.servers[i].faults.empty()) sessions[i].reset();
  };
  for (size_t i = 0; i < candidates.size(); ++i) {
    OrFault(outcome.servers[i], [&] {
      sessions[i] =
          std::make_unique<Session>(scenario, candidates[i], options.patience, outcome.servers[i]);
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
