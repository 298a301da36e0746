#ifndef SSEGW_BENCH_STORE_MEASURE_H_
#define SSEGW_BENCH_STORE_MEASURE_H_

#include <cstddef>
#include <vector>

#include "bench/fanout/measure.h"
#include "bench/fanout/outcome.h"

// What a log in NATS costs, with real servers and real gateways, round by round.
//
// Errors: Failure: something does not start, is refused, or does not come.
namespace ssegw::bench {

inline constexpr char kStartMs[] = "start_ms";
inline constexpr char kSilenceMs[] = "silence_ms";

struct StoreOptions {
  MeasureOptions measure = {};
  // Of a full log; and as many keys that are older than it.
  size_t events = 100'000;
};

// Events through PublishStreams of a gateway beside libnats alone, at a server of its own: one
// stream beside one publish after the other, and eight beside asynchronous publishes.
std::vector<Outcome> MeasurePublish(const StoreOptions& options);
// What a gateway without browsers pays for an event that it reads: a thousand a second, and as many
// as can be.
std::vector<Outcome> MeasureReplica(const StoreOptions& options);
// From the start of the process until it listens, with a full log.
std::vector<Outcome> MeasureStart(const StoreOptions& options);
// From the call that publishes at one gateway until a reader has the event from another.
std::vector<Outcome> MeasureLatency(const StoreOptions& options);
// How long a reader gets nothing, with 50 events a second: all consumers are deleted.
std::vector<Outcome> MeasureConsumerLoss(const StoreOptions& options);
// The same: of three servers the one is killed that leads the log.
std::vector<Outcome> MeasureLeaderLoss(const StoreOptions& options);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_STORE_MEASURE_H_
