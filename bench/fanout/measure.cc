#include "bench/fanout/measure.h"

#include <sys/resource.h>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

// Of the files that may be open one in so many is not for connections: the gateway keeps a
// sixteenth for publishers, and a sixteenth of the rest for those that it turns away.
constexpr size_t kShareOfOthers = 8;

}  // namespace

Outcome Measure(const Scenario& scenario, const std::vector<Candidate>& candidates,
                const MeasureOptions& options) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (scenario.connections > files.rlim_max - files.rlim_max / kShareOfOthers) {
    return {.scenario = scenario,
            .skipped = base::Concat(files.rlim_max, " files may be open: too few for ",
                                    scenario.connections, " connections")};
  }
  switch (scenario.kind) {
    case Kind::kDelivery:
    case Kind::kManyTopics:
    case Kind::kCarriers:
      return MeasureDelivery(scenario, candidates, options);
    case Kind::kSlowReaders:
      return MeasureSlowReaders(scenario, candidates, options);
    case Kind::kIdle:
      return MeasureIdle(scenario, candidates, options);
    case Kind::kIdleStreams:
      return MeasureIdleStreams(scenario, candidates, options);
    case Kind::kHandshakes:
      return MeasureHandshakes(scenario, candidates, options);
    case Kind::kConnect:
    case Kind::kTokens:
      return MeasureConnect(scenario, candidates, options);
  }
  return {};
}

void OrFault(ServerOutcome& outcome, const std::function<void()>& step) {
  if (!outcome.faults.empty()) return;
  try {
    step();
  } catch (const testing::Failure& failure) {
    outcome.faults.emplace_back(failure.what());
  }
}

}  // namespace ssegw::bench
