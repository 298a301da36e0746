#include "internal/base/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "internal/base/concat.h"
#include "internal/base/file_descriptor.h"

namespace ssegw::base {
namespace {

// A file that grows while it is read, or that does not say its size (/proc), is read in such steps.
constexpr size_t kStepBytes = size_t{64} << 10;

// Without O_NONBLOCK, opening a FIFO waits for its other end, and a serial device for its carrier.
FileDescriptor OpenToRead(const std::string& path) {
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

absl::Status OsError(int error) {
  return absl::InvalidArgumentError(std::generic_category().message(error));
}

absl::Status TooLarge(size_t max_bytes) {
  return absl::InvalidArgumentError(Concat("it is larger than ", max_bytes, " bytes"));
}

std::string_view KindOf(mode_t mode) {
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something else";
}

absl::Status CheckRegular(const struct stat& file) {
  if (S_ISREG(file.st_mode)) return absl::OkStatus();
  if (S_ISDIR(file.st_mode)) return OsError(EISDIR);
  return absl::InvalidArgumentError(Concat("it is ", KindOf(file.st_mode), ", not a regular file"));
}

}  // namespace

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes) {
  // Opening a device can have effects of its own (a tape rewinds, a watchdog starts), so what path
  // leads to is looked at before. What is opened is looked at again: it may be another file by
  // then.
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0) return OsError(errno);
  if (absl::Status status = CheckRegular(file); !status.ok()) return status;
  const FileDescriptor open = OpenToRead(path);
  if (open.get() < 0 || ::fstat(open.get(), &file) != 0) return OsError(errno);
  if (absl::Status status = CheckRegular(file); !status.ok()) return status;
  const auto size = static_cast<size_t>(std::max<off_t>(file.st_size, 0));
  if (size > max_bytes) return TooLarge(max_bytes);

  // One byte more than there should be, to see the end of the file or that it has grown.
  std::string bytes(size + 1, '\0');
  size_t used = 0;
  for (;;) {
    const ssize_t got = ::read(open.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return OsError(errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (used > max_bytes) return TooLarge(max_bytes);
    if (used == bytes.size()) bytes.resize(used + std::min(kStepBytes, max_bytes - used + 1));
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace ssegw::base
