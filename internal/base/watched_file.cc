#include "internal/base/watched_file.h"

#include "internal/base/read_file.h"

namespace ssegw::base {

std::optional<absl::StatusOr<std::string>> WatchedFile::ReadIfChanged() {
  absl::StatusOr<std::string> now = ReadRegularFile(path_, max_bytes_);
  if (last_ && last_->status() == now.status() && (!now.ok() || **last_ == *now)) {
    return std::nullopt;
  }
  last_ = now;
  return now;
}

}  // namespace ssegw::base
