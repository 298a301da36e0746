#include "tests/unit/transcode/both_ways.h"

#include <array>
#include <memory>

#include "internal/base/concat.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/reference/json_util_transcoder.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {

namespace {

using base::Concat;

struct Ways {
  explicit Ways(const JsonOptions& options)
      : plans(AcmeSchemas(), options), transcoder(plans), other(AcmeSchemas(), options) {}
  const Plans plans;
  const OnePassTranscoder transcoder;
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

// What the reference writes: a path of which no reader would make the same, and a message without
// its required fields that an entry of a map leaves to its default, which protobuf's generated
// classes refuse as well.
bool IsRefusedOnPurpose(const absl::Status& status) {
  const std::string message(status.message());
  return message.find("FieldMask: the path") != std::string::npos ||
         message.find("without required fields") != std::string::npos;
}

std::string Difference(const Ways& ways, std::string_view type, std::string_view wire,
                       const absl::Status& status, const std::string& json) {
  std::string expected;
  const absl::Status wanted_status = ways.other.ToJson(type, wire, &expected, nullptr);
  if (!status.ok()) {
    return !wanted_status.ok() || IsRefusedOnPurpose(status)
               ? ""
               : Concat("refused: ", status.ToString(), ", the other way: ", expected);
  }
  if (!wanted_status.ok()) {
    // It also asks for the required fields of an entry of a map that a later one replaces.
    const std::string why = wanted_status.ToString();
    return why.find("without required fields") != std::string::npos
               ? ""
               : Concat("refused by the other way: ", why);
  }
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
  const absl::Status status = ways.transcoder.ToJson(type, wire, &result.json, nullptr);
  if (!status.ok()) result.json = status.ToString();
  result.is_answered = status.ok();
  result.difference = Difference(ways, type, wire, status, result.json);
  return result;
}

}  // namespace ssegw::transcode
