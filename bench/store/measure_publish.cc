#include <functional>
#include <string>

#include "bench/store/measure.h"
#include "bench/store/nats_writer.h"
#include "bench/store/publish_streams.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/nats_server.h"

namespace ssegw::bench {
namespace {

using testing::GatewayProcess;
using testing::NatsServer;

constexpr size_t kStreams = 8;

// Publishes for some time, and returns how many were acknowledged.
struct Way {
  std::string name;
  std::function<uint64_t(base::Duration)> publish;
  const testing::Process* process = nullptr;
};

Outcome MeasureWays(const std::string& name, const std::string& what, const std::vector<Way>& ways,
                    const MeasureOptions& options) {
  Outcome outcome{.scenario = {.name = name, .what = what}};
  for (const Way& way : ways) outcome.servers.push_back({.name = way.name});
  // The first round warms up.
  for (size_t round = 0; round <= options.rounds; ++round) {
    for (size_t i = 0; i < ways.size(); ++i) {
      const size_t turn = round % 2 == 0 ? i : ways.size() - 1 - i;
      const Way& way = ways[turn];
      const auto cpu = [&] {
        return way.process == nullptr ? base::Duration{} : way.process->CpuTime();
      };
      const base::Duration cpu_before = cpu();
      const base::TimePoint began = base::Now();
      const auto events = static_cast<double>(way.publish(options.round));
      if (round == 0) continue;
      Figures figures = {{kEvents, events / base::ToSeconds(base::Now() - began)}};
      if (way.process != nullptr) {
        figures[kCpuPerEvent] = base::ToSeconds(cpu() - cpu_before) * 1e9 / events;
      }
      outcome.servers[turn].rounds.push_back(std::move(figures));
    }
  }
  return outcome;
}

}  // namespace

std::vector<Outcome> MeasurePublish(const StoreOptions& options) {
  const NatsServer of_gateway;
  const NatsServer alone;
  // It makes the streams, and is gone: nobody reads what libnats publishes.
  {
    const GatewayProcess maker({"--store=" + alone.url()});
  }
  const GatewayProcess gateway({"--store=" + of_gateway.url()});
  const auto streams = [&](size_t count, size_t on_their_way) {
    return [&gateway, count, on_their_way](base::Duration length) {
      return PublishStreamsFor(gateway.grpc(), count, on_their_way, length);
    };
  };
  NatsWriter one(alone.address(), NatsWriter::Send::kAtOnce);
  NatsWriter few(alone.address(), NatsWriter::Send::kAtOnce, kStreams);
  NatsWriter many(alone.address(), NatsWriter::Send::kGathers);
  return {
      MeasureWays("store_stream", "events of one publisher that are acknowledged",
                  {{.name = "gateway",
                    .publish = streams(1, kMaxOnTheirWay),
                    .process = &gateway.process()},
                   {.name = "gateway, each event after the answer to the last",
                    .publish = streams(1, 1),
                    .process = &gateway.process()},
                   {.name = "libnats, one in flight",
                    .publish = [&](base::Duration length) { return one.PublishAloneFor(length); }}},
                  options.measure),
      MeasureWays("store_streams", "events of eight publishers that are acknowledged",
                  {{.name = "gateway",
                    .publish = streams(kStreams, kMaxOnTheirWay),
                    .process = &gateway.process()},
                   {.name = "libnats, asynchronous, 8 in flight",
                    .publish = [&](base::Duration length) { return few.PublishFor(length); }},
                   {.name = "libnats, asynchronous, 256 in flight",
                    .publish = [&](base::Duration length) { return many.PublishFor(length); }}},
                  options.measure)};
}

}  // namespace ssegw::bench
