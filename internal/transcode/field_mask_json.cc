#include "internal/transcode/field_mask_json.h"

#include <cstddef>
#include <string>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/wire_value.h"

namespace ssegw::transcode {

namespace {

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 100;
  std::string quoted;
  if (!base::IsValidUtf8(text)) return "(not UTF-8)";
  if (text.size() > kLongest) return base::Concat("of ", text.size(), " bytes");
  base::AppendJsonString(quoted, text);
  return quoted;
}

// Refuses paths whose camelCase another path has too, or that no reader gets back: foo_1 would
// become foo1, which stays foo1 (https://protobuf.dev/programming-guides/json, FieldMask).
bool WritePath(std::string_view path, JsonWriter& json, PassNotes* notes) {
  bool survives = !path.empty();
  size_t written = 0;
  for (size_t i = 0; i < path.size() && survives; ++i) {
    const char c = path[i];
    if (c == '_') {
      const bool begins_name = i == 0 || path[i - 1] == '.';
      survives = !begins_name && i + 1 < path.size() && path[i + 1] >= 'a' && path[i + 1] <= 'z';
      if (!survives) break;
      if (!json.StringPart(path.substr(written, i - written))) return false;
      json.Char(static_cast<char>(path[++i] - 'a' + 'A'));
      written = i + 1;
    } else {
      // Besides names and dots: *, and keys of maps. Some readers change what follows brackets and
      // quotes, and others do not.
      survives = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 static_cast<unsigned char>(c) >= 0x80 ||
                 std::string_view(".*-`").find(c) != std::string_view::npos;
    }
  }
  if (survives) return json.StringPart(path.substr(written));
  return Refuse(
      notes, "google.protobuf.FieldMask: the path ", Quoted(path),
      " has no JSON form that everybody reads as the same path: a-z, 0-9, . * - ` and after each "
      "_ a letter");
}

}  // namespace

bool WriteFieldMask(std::string_view wire, JsonWriter& json, PassNotes* notes) {
  json.Char('"');
  WireReader reader(wire);
  bool is_first = true;
  while (!reader.empty()) {
    WireTag tag;
    std::string_view path;
    if (!reader.ReadTag(&tag)) return false;
    if (tag.number != 1 || tag.type != WireType::kLengthDelimited) {
      if (!SkipValue(tag, 0, reader)) return false;
      continue;
    }
    if (!reader.ReadLengthDelimited(&path)) return false;
    if (!is_first) json.Char(',');
    is_first = false;
    if (!WritePath(path, json, notes)) return false;
  }
  json.Char('"');
  return true;
}

}  // namespace ssegw::transcode
