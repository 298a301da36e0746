#ifndef SSEGW_BENCH_STORE_PUBLISH_STREAMS_H_
#define SSEGW_BENCH_STORE_PUBLISH_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "internal/base/time.h"

namespace ssegw::bench {

inline constexpr size_t kMaxOnTheirWay = 64;

// Publishes the usual Dashboard (bench/micro/dashboards.h), of 64 ids in turn, by so many
// PublishStreams for that long, each on a connection of its own with up to so many events on their
// way. Returns how many events have been acknowledged when all of them have.
//
// Thread: blocks. Errors: Failure for an event that is refused.
uint64_t PublishStreamsFor(const std::string& address, size_t streams, size_t on_their_way,
                           base::Duration length);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_STORE_PUBLISH_STREAMS_H_
