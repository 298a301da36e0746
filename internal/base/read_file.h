#ifndef SSEGW_INTERNAL_BASE_READ_FILE_H_
#define SSEGW_INTERNAL_BASE_READ_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace ssegw::base {

// The bytes of a regular file, or of one that a symbolic link leads to (in Kubernetes every file of
// a mounted ConfigMap is such a link). Anything else is refused before it is read: a FIFO or a
// device may never give a byte, or never end, and the reader would hang.
//
// Thread: any.
// Errors: INVALID_ARGUMENT, whose message is a reason that follows "cannot read <path>: ", such as
//         "No such file or directory", "it is a FIFO, not a regular file" or
//         "it is larger than 1048576 bytes".
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes);

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_READ_FILE_H_
