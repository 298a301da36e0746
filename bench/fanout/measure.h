#ifndef SSEGW_BENCH_FANOUT_MEASURE_H_
#define SSEGW_BENCH_FANOUT_MEASURE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/fanout/outcome.h"
#include "bench/fanout/scenario.h"
#include "bench/fanout/server.h"
#include "internal/base/time.h"

namespace ssegw::bench {

// A server that takes part.
struct Candidate {
  std::string name;
  std::function<std::unique_ptr<Server>()> start;
  // What its connections present (LoadOptions).
  std::string tokens_file = {};
  // What is measured beside it, once a round (kTokens).
  std::function<Figures()> beside = {};
};

struct MeasureOptions {
  size_t rounds = 5;
  // Of publishing, in each round. Idle connections are looked at for five times as long, in which
  // each gets one heartbeat.
  base::Duration round = std::chrono::seconds(3);
  // How long what was published may take to come to everybody: what is not there then is lost.
  base::Duration patience = std::chrono::seconds(20);
};

// Runs a scenario with all candidates in turn, round by round, so that what else the machine does
// comes to all of them alike. Where events are delivered, all are there with all of their
// connections from the beginning to the end, and one of them at a time is published to, in the
// order of the candidates and in its reverse by turns. A first round warms up and does not count.
// Beside slow readers and alone each server is a new one, as memory that was once taken is not
// given back.
//
// Errors: where one does not start, or not everybody gets a stream, that is a fault of this one:
//         it is not measured any further, and the others are.
Outcome Measure(const Scenario& scenario, const std::vector<Candidate>& candidates,
                const MeasureOptions& options);

// By kind. Where it is kManyTopics, the last server of the outcome, "one_topic", is the first
// candidate once more, with one topic in the place of all.
Outcome MeasureDelivery(const Scenario& scenario, const std::vector<Candidate>& candidates,
                        const MeasureOptions& options);
Outcome MeasureSlowReaders(const Scenario& scenario, const std::vector<Candidate>& candidates,
                           const MeasureOptions& options);
Outcome MeasureIdle(const Scenario& scenario, const std::vector<Candidate>& candidates,
                    const MeasureOptions& options);
Outcome MeasureIdleStreams(const Scenario& scenario, const std::vector<Candidate>& candidates,
                           const MeasureOptions& options);
// Candidates are the gateway, with TLS, and what it is compared with.
Outcome MeasureHandshakes(const Scenario& scenario, const std::vector<Candidate>& candidates,
                          const MeasureOptions& options);
// Candidates present the tokens of their files; the last one presents none.
Outcome MeasureConnect(const Scenario& scenario, const std::vector<Candidate>& candidates,
                       const MeasureOptions& options);

// Runs a step with one server, unless it has a fault already; that it throws a Failure is one.
void OrFault(ServerOutcome& outcome, const std::function<void()>& step);

// How long it may take until all connections are open.
inline constexpr base::Duration kConnectPatience = std::chrono::minutes(2);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_MEASURE_H_
