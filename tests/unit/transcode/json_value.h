#ifndef SSEGW_TESTS_UNIT_TRANSCODE_JSON_VALUE_H_
#define SSEGW_TESTS_UNIT_TRANSCODE_JSON_VALUE_H_

#include <gmock/gmock.h>

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ssegw::transcode {

// JSON by value, so that two writers may differ in escapes, in the order of members and in how many
// digits they give a number. Strict where a browser would not be: a name twice is an error.
struct JsonValue {
  enum class Kind { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;  // the string, unescaped; the number, as it stands
  std::vector<JsonValue> elements;
  std::map<std::string, JsonValue> members;

  // Numbers: the same digits, or the same double, or, where 9 digits are all there are, the same
  // float. An integer of 64 bits is thus compared exactly.
  friend bool operator==(const JsonValue& a, const JsonValue& b);
};

absl::StatusOr<JsonValue> ParseJson(std::string_view text);

// What every output of a transcoder has to be: a JSON value, one line, no raw control characters or
// line separators, valid UTF-8.
absl::StatusOr<JsonValue> ParseOutput(std::string_view text);

MATCHER_P(IsJson, expected, "is the JSON " + testing::PrintToString(expected)) {
  const absl::StatusOr<JsonValue> wanted = ParseJson(expected);
  const absl::StatusOr<JsonValue> got = ParseOutput(arg);
  if (!wanted.ok()) *result_listener << "the expectation: " << wanted.status();
  if (!got.ok()) *result_listener << got.status();
  return wanted.ok() && got.ok() && *wanted == *got;
}

}  // namespace ssegw::transcode

#endif  // SSEGW_TESTS_UNIT_TRANSCODE_JSON_VALUE_H_
