#include "gateway/ingest/field_reader.h"

#include <array>

#include "internal/base/concat.h"

namespace ssegw::ingest {

using transcode::WireTag;
using transcode::WireType;

namespace {

// As deep as protobuf's own parsers go.
constexpr size_t kMaxGroupDepth = 100;

}  // namespace

bool FieldReader::Next(WireField* field) {
  while (ok() && !reader_.empty()) {
    WireTag tag;
    if (!ReadTag(&tag)) return false;
    if (tag.type == WireType::kEndGroup) return Fail("unmatched end of group");
    if (tag.type != WireType::kStartGroup) return ReadValue(tag, field);
    if (!SkipGroup(tag.number)) return false;
  }
  return false;
}

std::string FieldReader::Fault() const {
  if (number_ == 0) return base::Concat(fault_, " at byte ", at_);
  return base::Concat(fault_, " ", number_, " at byte ", at_);
}

bool FieldReader::ReadTag(WireTag* tag) {
  at_ = size_ - reader_.rest().size();
  number_ = 0;
  if (!reader_.ReadTag(tag)) return Fail("no field tag");
  number_ = tag->number;
  return true;
}

bool FieldReader::ReadValue(const WireTag& tag, WireField* field) {
  field->number = tag.number;
  field->type = tag.type;
  bool read = false;
  switch (tag.type) {
    case WireType::kVarint:
      read = reader_.ReadVarint(&field->varint);
      break;
    case WireType::kLengthDelimited:
      read = reader_.ReadLengthDelimited(&field->bytes);
      break;
    default:
      read = reader_.SkipPayload(tag.type);
      break;
  }
  return read || Fail("truncated field");
}

bool FieldReader::SkipGroup(int number) {
  // The open groups. Not recursion: the depth is the peer's choice.
  std::array<int, kMaxGroupDepth> open;
  size_t depth = 0;
  open[depth++] = number;
  while (depth > 0) {
    WireTag tag;
    if (!ReadTag(&tag)) return false;
    if (tag.type == WireType::kStartGroup) {
      if (depth == open.size()) return Fail("groups nested too deep in field");
      open[depth++] = tag.number;
    } else if (tag.type == WireType::kEndGroup) {
      if (tag.number != open[--depth]) return Fail("unmatched end of group");
    } else {
      WireField ignored;
      if (!ReadValue(tag, &ignored)) return false;
    }
  }
  return true;
}

bool FieldReader::Fail(const char* fault) {
  fault_ = fault;
  return false;
}

}  // namespace ssegw::ingest
