#ifndef SSEGW_BENCH_FANOUT_PAYLOAD_H_
#define SSEGW_BENCH_FANOUT_PAYLOAD_H_

#include <string>

#include "bench/fanout/server.h"
#include "internal/base/time.h"

namespace ssegw::bench {

// The data of an event: a Dashboard of an id and a title.
struct Payload {
  std::string id;     // the stamp
  std::string title;  // as long as it takes
};

Payload MakePayload(const NumberedEvent& event, base::TimePoint published_at);
// {"id":"…","title":"…"}, as the gateway makes it of the payload.
std::string PayloadJson(const Payload& payload);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_PAYLOAD_H_
