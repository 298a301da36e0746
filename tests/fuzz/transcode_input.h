#ifndef SSEGW_TESTS_FUZZ_TRANSCODE_INPUT_H_
#define SSEGW_TESTS_FUZZ_TRANSCODE_INPUT_H_

#include <array>

namespace ssegw::transcode {

// An input is a byte for the set of options, a byte for the type, and the message. Both bytes count
// modulo what there is; a type is added at the end, so that a corpus keeps its meaning.
inline constexpr std::array kFuzzedTypes = {
    "ssegateway.v1.Dashboard",   "acme.v1.Everything",          "acme.v1.Legacy",
    "acme.v1.Corners",           "google.protobuf.Any",         "google.protobuf.Struct",
    "google.protobuf.FieldMask", "google.protobuf.Value",       "google.protobuf.Duration",
    "google.protobuf.Timestamp", "google.protobuf.StringValue", "google.protobuf.ListValue"};

}  // namespace ssegw::transcode

#endif  // SSEGW_TESTS_FUZZ_TRANSCODE_INPUT_H_
