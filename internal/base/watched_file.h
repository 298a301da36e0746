#ifndef SSEGW_INTERNAL_BASE_WATCHED_FILE_H_
#define SSEGW_INTERNAL_BASE_WATCHED_FILE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace ssegw::base {

// A file that others replace while the process runs: a certificate, a set of keys. It is compared
// by what it holds: Kubernetes replaces a mounted Secret by a symbolic link, whose target may keep
// size and time.
//
// Thread: one.
class WatchedFile {
 public:
  WatchedFile(std::string path, size_t max_bytes) : path_(std::move(path)), max_bytes_(max_bytes) {}

  // What it holds now, if that is something else than at the last call; the first call always
  // tells. A Status, as ReadRegularFile has it, counts as something that it holds: it is told once.
  std::optional<absl::StatusOr<std::string>> ReadIfChanged();

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const size_t max_bytes_;
  std::optional<absl::StatusOr<std::string>> last_;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_WATCHED_FILE_H_
