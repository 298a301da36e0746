#ifndef SSEGW_INTERNAL_BASE_FILE_DESCRIPTOR_H_
#define SSEGW_INTERNAL_BASE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace ssegw::base {

// Owns a file descriptor, or none.
//
// Thread: one at a time.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { Close(); }

  // -1: none.
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_FILE_DESCRIPTOR_H_
