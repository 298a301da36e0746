#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "bench/store/measure.h"
#include "bench/store/nats_writer.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"

namespace ssegw::bench {
namespace {

using testing::GatewayProcess;
using testing::NatsServer;

constexpr size_t kRate = 1000;

// Until what was published before is in the gateway's window. What it costs to ask is little beside
// what is measured.
void AwaitRead(NatsWriter& writer, const GatewayProcess& gateway) {
  const std::string id = base::Concat(gateway.epoch(), "-", writer.PublishEnd(), "\"");
  const auto has_read = [&] {
    return testing::HttpGet(gateway.http(), "/v1/snapshot?topic=end").body.find(id) !=
           std::string::npos;
  };
  if (!testing::WaitFor(has_read)) {
    throw testing::Failure("the gateway does not read what is published");
  }
}

Outcome MeasureCpu(const std::string& name, const std::string& what, NatsWriter& writer,
                   const GatewayProcess& gateway, size_t rounds,
                   const std::function<size_t()>& publish) {
  Outcome outcome{.scenario = {.name = name, .what = what}};
  outcome.servers.push_back({.name = "gateway"});
  for (size_t round = 0; round <= rounds; ++round) {
    const base::Duration before = gateway.process().CpuTime();
    const base::TimePoint began = base::Now();
    const auto events = static_cast<double>(publish());
    AwaitRead(writer, gateway);
    const base::Duration cpu = gateway.process().CpuTime() - before;
    if (round == 0) continue;
    outcome.servers[0].rounds.push_back({{kCpuPerEvent, base::ToSeconds(cpu) * 1e9 / events},
                                         {kEvents, events / base::ToSeconds(base::Now() - began)}});
  }
  return outcome;
}

}  // namespace

std::vector<Outcome> MeasureReplica(const StoreOptions& options) {
  const NatsServer server;
  const GatewayProcess gateway({"--store=" + server.url()});
  NatsWriter writer(server.address(), NatsWriter::Send::kGathers);
  const MeasureOptions& measure = options.measure;
  const auto seconds = base::ToSeconds(measure.round);
  return {MeasureCpu("store_replica_1000", "a thousand events a second that a gateway reads",
                     writer, gateway, measure.rounds,
                     [&] {
                       const auto events = static_cast<size_t>(kRate * seconds);
                       writer.PublishAtRate(events, kRate);
                       return events;
                     }),
          MeasureCpu("store_replica_bulk", "events that a gateway reads, as many as can be", writer,
                     gateway, measure.rounds, [&] { return writer.PublishFor(measure.round); })};
}

std::vector<Outcome> MeasureStart(const StoreOptions& options) {
  const NatsServer server;
  const std::vector<std::string> flags = {
      "--store=" + server.url(), base::Concat("--window_max_events=", options.events),
      base::Concat("--snapshot_max_keys=", options.events + 100), "--window_max_bytes=1073741824"};
  {
    const GatewayProcess maker(flags);
  }
  NatsWriter writer(server.address(), NatsWriter::Send::kGathers);
  writer.Publish(options.events, [](size_t i) { return base::Concat("older-", i); });
  writer.Publish(options.events, [](size_t i) { return base::Concat(i % 64); });
  Outcome outcome{.scenario = {.name = "store_start",
                               .what = "a start with a full log and as many older keys"}};
  outcome.servers.push_back({.name = "gateway"});
  for (size_t round = 0; round < std::min<size_t>(options.measure.rounds, 3); ++round) {
    const base::TimePoint began = base::Now();
    const GatewayProcess gateway(flags);
    outcome.servers[0].rounds.push_back({{kStartMs, base::ToSeconds(base::Now() - began) * 1000}});
  }
  return {outcome};
}

}  // namespace ssegw::bench
