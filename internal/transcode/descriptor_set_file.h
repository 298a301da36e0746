#ifndef SSEGW_INTERNAL_TRANSCODE_DESCRIPTOR_SET_FILE_H_
#define SSEGW_INTERNAL_TRANSCODE_DESCRIPTOR_SET_FILE_H_

#include <google/protobuf/descriptor.pb.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ssegw::transcode {

// Of a file, and again of what a compressed one holds. The sets of the largest public APIs have a
// few MiB.
inline constexpr size_t kMaxDescriptorSetBytes = size_t{256} << 20;

// A FileDescriptorSet as protoc --descriptor_set_out and buf build write it, or that with gzip.
//
// Errors: INVALID_ARGUMENT: unreadable, too large, damaged, or something else, and then what it
//         seems to be: "it is a .proto source, …".
absl::StatusOr<google::protobuf::FileDescriptorSet> ReadDescriptorSet(const std::string& path);

// The same of bytes that were read.
absl::StatusOr<google::protobuf::FileDescriptorSet> ParseDescriptorSet(std::string_view bytes);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_DESCRIPTOR_SET_FILE_H_
