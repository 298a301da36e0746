// From the bytes of a Dashboard to its JSON, in four ways.
#include <benchmark/benchmark.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "bench/micro/dashboards.h"
#include "internal/base/concat.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/reference/json_util_transcoder.h"
#include "internal/transcode/schemas.h"

namespace ssegw::bench {
namespace {

using google::protobuf::Message;
using ssegateway::v1::Dashboard;
using transcode::Schemas;

constexpr char kType[] = "ssegateway.v1.Dashboard";

const Schemas& TheSchemas() {
  static const std::unique_ptr<Schemas> schemas = *Schemas::Load({}, {});
  return *schemas;
}

// to_json: of these bytes into this string, false where it fails. The string is a new one each
// time, as it is for an event.
template <typename ToJson>
void Measure(benchmark::State& state, const Dashboard& dashboard, const ToJson& to_json) {
  const std::string wire = dashboard.SerializeAsString();
  size_t json_bytes = 0;
  for (auto _ : state) {
    std::string json;
    if (!to_json(wire, &json)) return state.SkipWithError("it has no JSON");
    json_bytes = json.size();
    benchmark::DoNotOptimize(json.data());
  }
  state.counters["json_bytes"] = static_cast<double>(json_bytes);
}

bool Print(const Message& message, std::string* json) {
  return google::protobuf::util::MessageToJsonString(message, json).ok();
}

void Transcode(benchmark::State& state, const Dashboard& dashboard,
               const transcode::Transcoder& transcoder) {
  Measure(state, dashboard, [&](std::string_view wire, std::string* json) {
    return transcoder.ToJson(kType, wire, json, nullptr).ok();
  });
}

void Generated(benchmark::State& state, const Dashboard& dashboard) {
  Measure(state, dashboard, [](const std::string& wire, std::string* json) {
    Dashboard message;
    return message.ParseFromString(wire) && Print(message, json);
  });
}

void Dynamic(benchmark::State& state, const Dashboard& dashboard) {
  google::protobuf::DynamicMessageFactory messages;
  const Message* prototype = messages.GetPrototype(TheSchemas().pool().FindMessage(kType));
  Measure(state, dashboard, [prototype](const std::string& wire, std::string* json) {
    const std::unique_ptr<Message> message(prototype->New());
    return message->ParseFromString(wire) && Print(*message, json);
  });
}

void OnePass(benchmark::State& state, const Dashboard& dashboard) {
  Transcode(state, dashboard, transcode::OnePassTranscoder(TheSchemas().plans()));
}
void JsonUtil(benchmark::State& state, const Dashboard& dashboard) {
  Transcode(state, dashboard, transcode::JsonUtilTranscoder(TheSchemas().pool(), {}));
}

// scripts/bench.sh takes the ratios of these, by their names.
const bool kRegistered = [] {
  struct Way {
    const char* name;
    void (*run)(benchmark::State&, const Dashboard&);
  };
  struct Size {
    const char* name;
    Dashboard dashboard;
  };
  for (const Size& size : {Size{"usual", UsualDashboard()}, Size{"series", DashboardOfSeries()},
                           Size{"text", DashboardOfText()}}) {
    for (const Way& way : {Way{"one_pass", OnePass}, Way{"json_util", JsonUtil},
                           Way{"generated", Generated}, Way{"dynamic", Dynamic}}) {
      const std::string name = base::Concat("transcode/", size.name, "/", way.name);
      benchmark::RegisterBenchmark(
          name.c_str(), [run = way.run, dashboard = size.dashboard](benchmark::State& state) {
            run(state, dashboard);
          });
    }
  }
  return true;
}();

}  // namespace
}  // namespace ssegw::bench
