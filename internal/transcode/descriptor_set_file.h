#ifndef SSEGW_INTERNAL_TRANSCODE_DESCRIPTOR_SET_FILE_H_
#define SSEGW_INTERNAL_TRANSCODE_DESCRIPTOR_SET_FILE_H_

#include <google/protobuf/descriptor.pb.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ssegw::transcode {

// Limit for a file, and for what a compressed file inflates to. The sets of the largest public APIs
// have a few MiB.
inline constexpr size_t kMaxDescriptorSetBytes = size_t{256} << 20;

// Reads a FileDescriptorSet as protoc --descriptor_set_out and buf build write it, plain or
// gzipped.
//
// Errors: INVALID_ARGUMENT: unreadable, too large, damaged, or something else, with a guess what:
//         "it is a .proto source, …".
absl::StatusOr<google::protobuf::FileDescriptorSet> ReadDescriptorSet(const std::string& path);

// The same for bytes that have been read.
absl::StatusOr<google::protobuf::FileDescriptorSet> ParseDescriptorSet(std::string_view bytes);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_DESCRIPTOR_SET_FILE_H_
