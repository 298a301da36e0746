#include "tests/unit/transcode/both_ways.h"

#include <array>
#include <memory>

#include "internal/base/concat.h"
#include "internal/transcode/json_util_transcoder.h"
#include "internal/transcode/json_writer.h"
#include "internal/transcode/one_pass.h"
#include "internal/transcode/plan.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {

namespace {

using base::Concat;

struct Ways {
  explicit Ways(const JsonOptions& options)
      : plans(AcmeSchemas(), options), other(AcmeSchemas(), options) {}
  const Plans plans;
  const JsonUtilTranscoder other;
};

const Ways& WaysOf(int option_set) {
  static const std::array<std::unique_ptr<Ways>, kOptionSets> ways = [] {
    std::array<std::unique_ptr<Ways>, kOptionSets> made;
    for (int set = 0; set < kOptionSets; ++set) {
      made[static_cast<size_t>(set)] = std::make_unique<Ways>(OptionsOf(set));
    }
    return made;
  }();
  return *ways[static_cast<size_t>(option_set)];
}

std::string Difference(const Ways& ways, std::string_view type, std::string_view wire,
                       const std::string& json) {
  std::string expected;
  const absl::Status status = ways.other.ToJson(type, wire, &expected);
  if (!status.ok()) return Concat("refused by the other way: ", status.ToString());
  const absl::StatusOr<JsonValue> wanted = ParseOutput(expected);
  if (!wanted.ok()) return Concat("the other way: ", wanted.status().ToString(), ": ", expected);
  const absl::StatusOr<JsonValue> got = ParseOutput(json);
  if (!got.ok()) return got.status().ToString();
  return *got == *wanted ? "" : Concat("the other way: ", expected);
}

}  // namespace

JsonOptions OptionsOf(int set) {
  return {.proto_field_names = (set & 1) != 0,
          .emit_defaults = (set & 2) != 0,
          .enums_as_numbers = (set & 4) != 0,
          .int64_as_numbers = (set & 8) != 0};
}

BothWays TranscodeBothWays(int option_set, std::string_view type, std::string_view wire) {
  const Ways& ways = WaysOf(option_set);
  BothWays result;
  JsonWriter writer(&result.json);
  if (!WriteInOnePass(ways.plans, *ways.plans.Find(type), wire, writer)) {
    result.json.clear();
    return result;
  }
  writer.Finish();
  result.one_pass_answered = true;
  result.difference = Difference(ways, type, wire, result.json);
  return result;
}

}  // namespace ssegw::transcode
