// A publisher's own JSON, checked and made one line, beside a copy of it.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/micro/dashboards.h"
#include "internal/base/concat.h"
#include "internal/transcode/json_text.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/schemas.h"

namespace ssegw::bench {
namespace {

std::string JsonOf(const ssegateway::v1::Dashboard& dashboard) {
  const auto schemas = *transcode::Schemas::Load({}, {});
  const transcode::OnePassTranscoder transcoder(schemas->plans());
  std::string json;
  (void)transcoder.ToJson("ssegateway.v1.Dashboard", dashboard.SerializeAsString(), &json, nullptr);
  return json;
}

// As a program prints it that wants it to be read: a member or an element a line.
std::string Pretty(const std::string& json) {
  std::string pretty;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"' && (i == 0 || json[i - 1] != '\\')) in_string = !in_string;
    pretty += c;
    if (in_string) continue;
    if (c == ':') pretty += ' ';
    if (c == ',' || c == '{' || c == '[') pretty += "\n    ";
  }
  return pretty;
}

void Checked(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    std::string json;
    if (!transcode::AppendJsonText(text, &json).ok()) return state.SkipWithError("it is no JSON");
    benchmark::DoNotOptimize(json.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void Copied(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    std::string json(text);
    benchmark::DoNotOptimize(json.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

const bool kRegistered = [] {
  struct Text {
    const char* name;
    std::string text;
  };
  const std::string usual = JsonOf(UsualDashboard());
  for (const Text& text :
       {Text{"usual", usual}, Text{"usual_pretty", Pretty(usual)},
        Text{"series", JsonOf(DashboardOfSeries())}, Text{"text", JsonOf(DashboardOfText())}}) {
    const auto add = [&](const char* way, void (*run)(benchmark::State&, const std::string&)) {
      benchmark::RegisterBenchmark(
          base::Concat("json_text/", text.name, "/", way).c_str(),
          [run, json = text.text](benchmark::State& state) { run(state, json); });
    };
    add("checked", Checked);
    add("memcpy", Copied);
  }
  return true;
}();

}  // namespace
}  // namespace ssegw::bench
