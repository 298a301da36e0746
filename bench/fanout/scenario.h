#ifndef SSEGW_BENCH_FANOUT_SCENARIO_H_
#define SSEGW_BENCH_FANOUT_SCENARIO_H_

#include <cstddef>
#include <string>
#include <vector>

#include "bench/fanout/server.h"
#include "internal/base/time.h"

namespace ssegw::bench {

enum class Kind {
  kDelivery,     // what is published comes to everybody
  kManyTopics,   // the same, by a filter for many topics, beside the same with one topic
  kSlowReaders,  // the same to healthy ones, alone and beside slow ones
  kIdle,         // nothing is published
  kConnect,      // connections are opened as fast as it goes
  kCarriers,     // as kDelivery, beside the same server with plain HTTP/1.1
  kIdleStreams,  // as kIdle: over TLS, over HTTP/2, and with more streams a socket
  kHandshakes,   // TLS handshakes, full and resumed, beside OpenSSL's own server
  kTokens,       // as kConnect: with tokens that are new, with one that is known, and without
};

struct Scenario {
  std::string name = {};
  std::string what = {};  // in one line
  Kind kind = Kind::kDelivery;
  size_t connections = 0;
  // Connections follow one topic each, evenly; what is published goes to one after the other.
  size_t topics = 1;
  // Of kManyTopics: topics below the one that connections follow with a filter.
  size_t subtopics = 0;
  size_t burst = 1;  // events that are published at once
  size_t data_bytes = kUsualDataBytes;
  // From one burst to the next, at least.
  base::Duration interval{};
  // Bursts that may be on their way: where it is one, the next waits until everybody has the last.
  size_t on_their_way = 1;
  size_t never_reading_percent = 0;
  // Of kSlowReaders: connections beside the healthy ones that read 10 kB/s, and that never read;
  // and what is published to nobody before they come, as JSON, so that the gateway's window is
  // full.
  size_t slow = 0;
  size_t never_reading = 0;
  size_t fill_bytes = 0;
  // What carries the connections of all but those who are there for the comparison. Of
  // kIdleStreams: the most that it comes to.
  Carrier carrier = {};
  // Of a round, where MeasureOptions::round is too short to say something.
  base::Duration round{};
  // Runs with the peers where nobody says which.
  bool with_peers = false;
};

// The floor, which is plain HTTP/1.1 and has no filters, is not among its servers.
bool ComparesWithoutFloor(const Scenario& scenario);

// All of them, in the order in which they run.
const std::vector<Scenario>& Scenarios();
// nullptr: there is none of this name.
const Scenario* FindScenario(const std::string& name);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_SCENARIO_H_
