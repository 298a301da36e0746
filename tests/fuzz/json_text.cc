// The JSON text of an event, as a publisher wrote it.
#include "internal/transcode/json_text.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/base/text.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

using nlohmann::json;

// The other parser refuses escapes of lone surrogates. With another digit they are no surrogates,
// and what is compared stays as long as it was.
std::string WithoutSurrogates(std::string_view text) {
  std::string out(text);
  for (size_t i = 0; i + 3 < out.size(); ++i) {
    if (out[i] != '\\') continue;
    const bool is_surrogate =
        out[i + 1] == 'u' && (out[i + 2] == 'd' || out[i + 2] == 'D') &&
        std::string_view("89abcdefABCDEF").find(out[i + 3]) != std::string_view::npos;
    if (is_surrogate) out[i + 2] = 'e';
    ++i;
  }
  return out;
}

struct Other {
  json value = nullptr;
  // It refuses numbers that no double can hold, which JSON has.
  bool out_of_range = false;
  bool ok = true;
};

Other Parse(std::string_view text) {
  Other other;
  try {
    other.value = json::parse(WithoutSurrogates(text));
  } catch (const json::out_of_range&) {
    other.out_of_range = true;
  } catch (const json::parse_error&) {
    other.ok = false;
  }
  return other;
}

}  // namespace

void JsonText(std::string_view input) {
  std::string line;
  const absl::Status status = transcode::AppendJsonText(input, &line);
  const std::string_view fault(status.message().data(), status.message().size());
  Holds(status.ok() || (absl::IsInvalidArgument(status) && !fault.empty()), "a fault says why");
  // The other parser takes a zero byte for the end of the text.
  if (input.find('\0') != std::string_view::npos) {
    return Holds(!status.ok(), "no JSON has a zero byte");
  }
  const Other other = Parse(input);
  const bool skips_byte_order_mark = input.starts_with("\xEF\xBB\xBF");
  const bool is_deep = fault.find("deep") != std::string_view::npos;
  if (other.out_of_range || skips_byte_order_mark || is_deep) return;
  Holds(status.ok() == other.ok, "another parser takes it too, or refuses it too");
  if (!status.ok()) return;

  Holds(line.find_first_of("\n\r\t") == std::string::npos, "what is made of it is one line");
  for (size_t i = line.find_first_of("\xC2\xE2"); i < line.size(); ++i) {
    Holds(base::LineSeparatorAt(std::string_view(line).substr(i)).bytes == 0,
          "no reader of streams splits it");
  }
  Holds(Parse(line).value == other.value, "it means the same");
  std::string again;
  Holds(transcode::AppendJsonText(line, &again).ok(), "what is made of it is JSON");
  Same("what is made of it stays as it is", again, line);
}

}  // namespace ssegw::fuzz
