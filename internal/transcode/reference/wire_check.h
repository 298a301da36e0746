#ifndef SSEGW_INTERNAL_TRANSCODE_REFERENCE_WIRE_CHECK_H_
#define SSEGW_INTERNAL_TRANSCODE_REFERENCE_WIRE_CHECK_H_

#include <google/protobuf/descriptor.h>

#include <string_view>

#include "absl/status/status.h"

namespace ssegw::transcode {

// Whether wire is a well-formed message of this type, every string in it valid UTF-8, and none of
// it deeper than kMaxMessageDepth. depth: how deep the message itself lies. What is inside of an
// Any is bytes here. Protobuf's parser rejects the same, but does not say why.
//
// Errors: INVALID_ARGUMENT, "malformed <type>: …" or "invalid UTF-8 in <field>" or "… is nested …".
// Cost:   one pass, no allocation where all is well.
absl::Status CheckWireByDescriptor(const google::protobuf::Descriptor& type, std::string_view wire,
                                   int depth);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_REFERENCE_WIRE_CHECK_H_
