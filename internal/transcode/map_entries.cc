#include "internal/transcode/map_entries.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace ssegw::transcode {

namespace {

// Key and value may come once each; an absent one is the default.
bool ReadEntry(const FieldPlan& key, const FieldPlan& value, std::string_view wire,
               MapEntry& entry) {
  WireReader reader(wire);
  bool has_key = false;
  bool has_value = false;
  while (!reader.empty()) {
    WireTag tag;
    if (!reader.ReadTag(&tag)) return false;
    if (tag.number == 1 && tag.type == key.wire_type) {
      if (has_key || !ReadValue(tag, 0, reader, entry.key)) return false;
      has_key = true;
    } else if (tag.number == 2 && tag.type == value.wire_type) {
      if (has_value || !ReadValue(tag, 0, reader, entry.value)) return false;
      has_value = true;
    } else if (!SkipValue(tag, 0, reader)) {
      return false;
    }
  }
  if (key.kind == ValueKind::kBool) entry.key.bits = entry.key.bits != 0 ? 1 : 0;
  // Keys that differ only in the bits that are cut off are one.
  if (key.kind == ValueKind::kInt32 || key.kind == ValueKind::kUInt32 ||
      key.kind == ValueKind::kSInt32) {
    entry.key.bits = static_cast<uint32_t>(entry.key.bits);
  }
  return true;
}

}  // namespace

bool KeyIsLess(const MapEntry& a, const MapEntry& b) {
  return a.key.bits != b.key.bits ? a.key.bits < b.key.bits : a.key.bytes < b.key.bytes;
}

bool ReadMapEntries(const FieldPlan& field, const WireTag& tag, WireReader& reader,
                    MapEntries& entries) {
  const FieldPlan& key = field.message->fields[0];
  const FieldPlan& value = field.message->fields[1];
  do {
    std::string_view wire;
    if (!reader.ReadLengthDelimited(&wire)) return false;
    if (!ReadEntry(key, value, wire, entries.emplace_back())) return false;
  } while (reader.SkipTag(tag));
  std::sort(entries.begin(), entries.end(), KeyIsLess);
  return true;
}

}  // namespace ssegw::transcode
