#ifndef SSEGW_INTERNAL_TRANSCODE_TRANSCODER_H_
#define SSEGW_INTERNAL_TRANSCODE_TRANSCODER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ssegw::transcode {

// The choices that canonical proto3 JSON leaves. The defaults are those of the ProtoJSON
// specification.
struct JsonOptions {
  bool proto_field_names = false;  // observed_at, not observedAt
  bool emit_defaults = false;  // also fields with their default value, where they have no presence
                               // in proto3, or are scalars of proto2
  bool enums_as_numbers = false;
  bool int64_as_numbers = false;  // 64-bit integers bare, not as strings; keys of maps stay strings
};

// How deep a message may be nested. Each group and the content of each Any count as a level, map
// entries do not. It is the limit of protobuf's own JSON writer.
inline constexpr int kMaxMessageDepth = 64;

// The first field of a message that its schema does not have, or whose number its closed enum does
// not have: a sign that the publisher knows a newer schema.
struct UnknownFieldRef {
  std::string type;  // full name of the message that holds it
  int number = 0;    // 0 if there is none
};

// Turns the bytes of a message into one line of canonical proto3 JSON: valid UTF-8 without raw
// control characters and line separators (base::LineSeparator), no name twice in an object.
//
// The bytes mean what protobuf's parser makes of them: a field given twice is merged or the last
// one wins, the last entry of a map key wins, unknown fields are ignored. Extensions that the
// schemas know are members "[full.name]", also those of a MessageSet.
// In addition
//  - proto2 strings must be valid UTF-8 too, since JSON can hold nothing else;
//  - a google.protobuf.Value without a kind is null.
//
// Thread: all members, from any thread at the same time.
// Errors: *json is unspecified after any. INVALID_ARGUMENT, always the fault of the bytes: unknown
//         type (naming it), malformed bytes, invalid UTF-8 (naming the field), nested deeper than
//         kMaxMessageDepth, a Timestamp, Duration, number or path of a FieldMask without a JSON
//         form, a missing required field, more JSON than the limit. RESOURCE_EXHAUSTED: the scratch
//         memory of all transcodings is in use; try again later.
class Transcoder {
 public:
  virtual ~Transcoder() = default;

  // wire is a message of the type with this full name, e.g. "ssegateway.v1.Dashboard". unknown is
  // new, or null if nobody asks.
  virtual absl::Status ToJson(std::string_view type_name, std::string_view wire, std::string* json,
                              UnknownFieldRef* unknown) const = 0;

  // any_wire is a google.protobuf.Any. Its type is what follows the last '/' of its type URL,
  // whatever comes before; "@type" has the URL as it was given. Unlike an Any inside of a message,
  // which is then {}, it must have a type.
  virtual absl::Status AnyToJson(std::string_view any_wire, std::string* json,
                                 UnknownFieldRef* unknown) const = 0;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_TRANSCODER_H_
