#ifndef SSEGW_BENCH_MICRO_JSON_EVENTS_H_
#define SSEGW_BENCH_MICRO_JSON_EVENTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::bench {

// Events of 300 bytes of JSON, of one topic and so many keys.
inline std::vector<ssegateway::v1::Event> JsonEvents(size_t keys) {
  constexpr size_t kJsonBytes = 300;
  std::vector<ssegateway::v1::Event> events(keys);
  for (size_t i = 0; i < keys; ++i) {
    events[i].set_topic("bench.json");
    events[i].set_key(base::Concat("bench-", i));
    std::string json =
        R"({"id":"bench","host":"db-7.eu.example","ok":true,"load":[0.25,1.5,12.75],)";
    while (json.size() < kJsonBytes - 30) json += R"("cpu0":12.25,"state":"running",)";
    json += R"("text":")";
    json.resize(kJsonBytes - 2, 'x');
    events[i].set_json(json + R"("})");
  }
  return events;
}

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_MICRO_JSON_EVENTS_H_
