#ifndef SSEGW_BENCH_FANOUT_SERVER_H_
#define SSEGW_BENCH_FANOUT_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/time.h"

namespace ssegw::bench {

// A frame of it is some 250 bytes.
inline constexpr size_t kUsualDataBytes = 220;

// Which event of its topic is published next: both from the first on, topics from 0, events from 1.
struct NumberedEvent {
  uint32_t topic = 0;
  uint64_t number = 0;
  size_t data_bytes = kUsualDataBytes;  // as JSON
  // It is published to a topic below its topic, "bench.0.17"; what is published below one topic has
  // one sequence of numbers.
  std::optional<uint32_t> subtopic = {};
};

// What carries the streams of connections.
struct Carrier {
  bool tls = false;               // TLS 1.3, of a server with a key of ECDSA P-256
  size_t streams_per_socket = 0;  // HTTP/2, so many connections a socket; 0: HTTP/1.1
};

// Where connections go.
struct Target {
  std::string address;  // "127.0.0.1:8080"
  std::string path;     // "/v1/events"
  // What a connection of a topic asks for, without its number, which stands at the end:
  // "mode=all&topic=bench."
  std::string query;
  // What stands behind the number, for all that is published below the topic: ".*"; empty: it has
  // no filters.
  std::string all_below = {};
  // What it sends is held to the gateway's promises, and not only to the standards.
  bool is_gateway = false;
  Carrier carrier = {};
};

// A server of event streams that is measured: processes of its own, and a way to publish to it.
//
// An event carries a stamp (tests/testing/crowd/stamp.h) with the time of Publish at the beginning
// of its data, by which the generator knows order, loss and latency.
//
// Thread:   one. Lifetime: the processes end with the object.
// Errors:   Failure, where it does not start or refuses an event.
class Server {
 public:
  virtual ~Server() = default;

  virtual Target target() const = 0;
  // Of all its processes since they began: user and system time; memory, of what is shared with
  // others a share.
  virtual base::Duration CpuTime() = 0;
  virtual size_t PssBytes() = 0;
  // Hands events over at once, as a publisher with a burst does, and returns when they are taken;
  // what they cost later is not waited for.
  virtual void Publish(const std::vector<NumberedEvent>& events) = 0;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_SERVER_H_
