#include "bench/fanout/scenario.h"

namespace ssegw::bench {
namespace {

using std::chrono::milliseconds;

// Half of what the gateway gathers in one write.
constexpr size_t kBurst = 32;

// As many as the gateway allows by its defaults.
constexpr size_t kStreamsPerSocket = 100;

// The gateway's default.
constexpr size_t kWindowBytes = 64 * 1024 * 1024;

std::vector<Scenario> MakeScenarios() {
  return {
      {.name = "isolated_1000",
       .what = "an event every 100 ms to 1,000 connections",
       .connections = 1000,
       .interval = milliseconds(100),
       .with_peers = true},
      {.name = "isolated_5000",
       .what = "an event every 100 ms to 5,000 connections",
       .connections = 5000,
       .interval = milliseconds(100),
       .with_peers = true},
      {.name = "isolated_10000",
       .what = "an event every 100 ms to 10,000 connections",
       .connections = 10000,
       .interval = milliseconds(100),
       .with_peers = true},
      {.name = "isolated_17500",
       .what = "an event every 250 ms to 17,500 connections",
       .connections = 17500,
       .interval = milliseconds(250)},
      {.name = "large_120",
       .what = "an event of 16 KB every 10 ms to 120 connections",
       .connections = 120,
       .data_bytes = 16 * 1024,
       .interval = milliseconds(10),
       .with_peers = true},
      {.name = "burst_1000",
       .what = "32 events at once, every 100 ms, to 1,000 connections",
       .connections = 1000,
       .burst = kBurst,
       .interval = milliseconds(100),
       .with_peers = true},
      {.name = "burst_5000",
       .what = "32 events at once, every 250 ms, to 5,000 connections",
       .connections = 5000,
       .burst = kBurst,
       .interval = milliseconds(250)},
      {.name = "burst_10000",
       .what = "32 events at once, every 500 ms, to 10,000 connections",
       .connections = 10000,
       .burst = kBurst,
       .interval = milliseconds(500)},
      {.name = "saturation_1000",
       .what = "bursts of 32 events to 1,000 connections as fast as they are taken",
       .connections = 1000,
       .burst = kBurst,
       .on_their_way = 2,
       .with_peers = true},
      {.name = "one_connection",
       .what = "bursts of 32 events to one connection: what an event costs until it is delivered",
       .connections = 1,
       .burst = kBurst,
       .on_their_way = 2},
      {.name = "topics_1000",
       .what = "1,000 topics with 10 connections each, an event to one of them every millisecond",
       .connections = 10000,
       .topics = 1000,
       .interval = milliseconds(1)},
      {.name = "topics_10000",
       .what = "an event every 20 ms to one of 10,000 topics, and to 500 connections by a filter",
       .kind = Kind::kManyTopics,
       .connections = 500,
       .subtopics = 10000,
       .interval = milliseconds(20)},
      {.name = "topics_10000_burst",
       .what =
           "32 events at once, every 200 ms, to 10,000 topics and to 500 connections by a filter",
       .kind = Kind::kManyTopics,
       .connections = 500,
       .subtopics = 10000,
       .burst = kBurst,
       .interval = milliseconds(200)},
      {.name = "never_reading_1000",
       .what = "32 events at once, every 100 ms, to 1,000 connections, of which 10 % never read",
       .connections = 1000,
       .burst = kBurst,
       .interval = milliseconds(100),
       .never_reading_percent = 10},
      {.name = "slow_readers",
       .what = "an event of 16 KB every 10 ms to 99 connections, alone and beside 10 that read 10 "
               "kB/s and 11 that never read",
       .kind = Kind::kSlowReaders,
       .connections = 99,
       .data_bytes = 16 * 1024,
       .interval = milliseconds(10),
       .slow = 10,
       .never_reading = 11,
       .fill_bytes = 2 * kWindowBytes,
       .round = std::chrono::seconds(60)},
      {.name = "connect_5000",
       .what = "5,000 connections as fast as they are accepted, 256 at a time",
       .kind = Kind::kConnect,
       .connections = 5000,
       .with_peers = true},
      {.name = "idle_10000",
       .what = "10,000 connections that get nothing but heartbeats",
       .kind = Kind::kIdle,
       .connections = 10000,
       .with_peers = true},
      // As many as the gateway serves with 20,000 open files.
      {.name = "idle_17500",
       .what = "17,500 connections that get nothing but heartbeats",
       .kind = Kind::kIdle,
       .connections = 17500},
      {.name = "isolated_10000_tls",
       .what = "an event every 100 ms to 10,000 connections over TLS 1.3",
       .kind = Kind::kCarriers,
       .connections = 10000,
       .interval = milliseconds(100),
       .carrier = {.tls = true},
       .with_peers = true},
      {.name = "isolated_10000_h2",
       .what = "an event every 100 ms to 10,000 streams, 100 a socket over HTTP/2 and TLS 1.3",
       .kind = Kind::kCarriers,
       .connections = 10000,
       .interval = milliseconds(100),
       .carrier = {.tls = true, .streams_per_socket = kStreamsPerSocket}},
      {.name = "idle_10000_tls",
       .what = "10,000 connections over TLS 1.3 that get nothing but heartbeats",
       .kind = Kind::kIdle,
       .connections = 10000,
       .carrier = {.tls = true},
       .with_peers = true},
      {.name = "idle_h2",
       .what = "150 sockets of HTTP/2 over TLS 1.3 with 100 streams that get nothing but "
               "heartbeats, beside 1,500 sockets with one",
       .kind = Kind::kIdleStreams,
       .connections = 15000,
       .carrier = {.tls = true, .streams_per_socket = kStreamsPerSocket}},
      {.name = "handshakes",
       .what = "TLS 1.3 handshakes, 2,000 full and 2,000 resumed, four at a time",
       .kind = Kind::kHandshakes,
       .connections = 2000,
       .carrier = {.tls = true}},
      {.name = "connect_jwt",
       .what = "5,000 connections with a token each (ES256), with one token for all, and without",
       .kind = Kind::kTokens,
       .connections = 5000},
  };
}

}  // namespace

bool ComparesWithoutFloor(const Scenario& scenario) {
  return (scenario.kind != Kind::kDelivery && scenario.kind != Kind::kIdle &&
          scenario.kind != Kind::kConnect) ||
         scenario.carrier.tls;
}

const std::vector<Scenario>& Scenarios() {
  static const auto* const scenarios = new std::vector<Scenario>(MakeScenarios());
  return *scenarios;
}

const Scenario* FindScenario(const std::string& name) {
  for (const Scenario& scenario : Scenarios()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

}  // namespace ssegw::bench
