#ifndef SSEGW_BENCH_INGEST_PUBLISHERS_H_
#define SSEGW_BENCH_INGEST_PUBLISHERS_H_

#include <cstdint>
#include <string>

#include "internal/base/time.h"

namespace ssegw::bench {

enum class Method { kPublishStream, kPublish, kLargeAlone, kJsonStream, kBatch };

class Reader;

// Publishes the usual Dashboard (bench/micro/dashboards.h), of 64 ids in turn, to a server of the
// publisher service for that long, and returns how many events have been acknowledged when all of
// them have; and, where there is a reader, have reached it.
//
// PublishStream: two streams, each on a channel of its own, with up to 256 events on their way.
// Publish: 16 calls at a time on two channels. LargeAlone: one stream, an event of 16 KB every 10
// ms: what a server pays for waking up. JsonStream: as PublishStream, but the events have 300 bytes
// of JSON; Batch: the same events by PublishBatch, 64 at a time, with up to 16 batches on their
// way.
//
// Thread: blocks. Errors: Failure for an event that is refused, or an answer out of order.
uint64_t PublishFor(const std::string& address, Method method, base::Duration length,
                    const Reader* reader = nullptr);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_INGEST_PUBLISHERS_H_
