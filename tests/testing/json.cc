#include "tests/testing/json.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {

using google::protobuf::Value;

Value ParseJson(const std::string& text) {
  Value value;
  if (!google::protobuf::util::JsonStringToMessage(text, &value).ok()) {
    throw Failure(base::Concat("not JSON: ", text));
  }
  return value;
}

const Value& At(const Value& value, const std::string& path) {
  const Value* at = &value;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const auto& members = at->struct_value().fields();
    const auto member = members.find(path.substr(begin, end - begin));
    if (member == members.end()) {
      throw Failure(base::Concat("no ", path, " in ", value.ShortDebugString()));
    }
    at = &member->second;
    begin = end + 1;
  }
  return *at;
}

std::string StringAt(const Value& value, const std::string& path) {
  const Value& member = At(value, path);
  if (!member.has_string_value()) throw Failure(base::Concat(path, " is not a string"));
  return member.string_value();
}

double NumberAt(const Value& value, const std::string& path) {
  const Value& member = At(value, path);
  if (!member.has_number_value()) throw Failure(base::Concat(path, " is not a number"));
  return member.number_value();
}

base::WallTime TimeAt(const Value& value, const std::string& path) {
  const std::string text = StringAt(value, path);
  google::protobuf::Timestamp time;
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  const bool has_form =
      std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(),
                 [](char a, char b) { return b == '0' ? absl::ascii_isdigit(a) : a == b; });
  if (!has_form || !google::protobuf::util::TimeUtil::FromString(text, &time)) {
    throw Failure(base::Concat(path, " is not a time: ", text));
  }
  return base::WallTime(
      std::chrono::milliseconds(google::protobuf::util::TimeUtil::TimestampToMilliseconds(time)));
}

bool SameJson(const std::string& a, const std::string& b) {
  return google::protobuf::util::MessageDifferencer::Equals(ParseJson(a), ParseJson(b));
}

}  // namespace ssegw::testing
