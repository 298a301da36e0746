#ifndef SSEGW_GATEWAY_INGEST_FIELD_READER_H_
#define SSEGW_GATEWAY_INGEST_FIELD_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/transcode/wire_reader.h"

namespace ssegw::ingest {

struct WireField {
  int number = 0;
  transcode::WireType type = transcode::WireType::kVarint;
  uint64_t varint = 0;     // kVarint
  std::string_view bytes;  // kLengthDelimited: a view into the message

  bool Is(int want_number, transcode::WireType want_type) const {
    return number == want_number && type == want_type;
  }
};

// Walks the fields of one protobuf message without decoding what is inside them. An Event is read
// like this, and not with its generated class, because one malformed event must not take the stream
// with it, and because the transcoder wants the payload's bytes as they came. Groups are passed
// over: no message here has any.
//
// Thread: one. Lifetime: the message outlives the reader and the views that it gave.
// Cost:   no allocation.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : size_(message.size()), reader_(message) {}

  // False at the end, and at the first fault; from then on always.
  bool Next(WireField* field);

  bool ok() const { return fault_ == nullptr; }
  // What is wrong and where: "truncated field 2 at byte 17". Only if not ok().
  std::string Fault() const;

 private:
  bool ReadTag(transcode::WireTag* tag);
  bool ReadValue(const transcode::WireTag& tag, WireField* field);
  bool SkipGroup(int number);
  bool Fail(const char* fault);

  const size_t size_;
  transcode::WireReader reader_;
  const char* fault_ = nullptr;
  // Of the last tag: where it began, and its field (0: the tag itself could not be read).
  size_t at_ = 0;
  int number_ = 0;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_FIELD_READER_H_
