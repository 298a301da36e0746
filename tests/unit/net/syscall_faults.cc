#include "tests/unit/net/syscall_faults.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <optional>

namespace ssegw::net {
namespace {

constexpr int kNobody = -1;
constexpr int kNextAccepted = -2;

std::atomic<int> victim = kNobody;
std::atomic<bool> fault_happened = false;
std::array<std::atomic<int>, 3> call_counts;
// Written by Arm alone; victim is what makes them seen.
Fault armed{};
int armed_nth = 0;

std::atomic<int>& CountOf(Syscall call) { return call_counts[static_cast<size_t>(call)]; }

// Counts the call, and says what is to be wrong with it.
std::optional<Fault> FaultFor(Syscall call) {
  const int nth = ++CountOf(call);
  if (armed.call != call || armed_nth == 0) return std::nullopt;
  const bool hit = nth == armed_nth || (nth > armed_nth && armed.kind == FaultKind::kOneByteEach);
  if (!hit) return std::nullopt;
  fault_happened = true;
  return armed;
}

// How many of so many bytes the call is to be about.
size_t Shortened(const Fault& fault, size_t bytes) {
  return fault.kind == FaultKind::kHalf ? std::max<size_t>(bytes / 2, 1)
                                        : std::min<size_t>(bytes, 1);
}

}  // namespace

void SyscallFaults::Arm(const Fault& fault, int nth) {
  armed = fault;
  armed_nth = nth;
  fault_happened = false;
  for (std::atomic<int>& count : call_counts) count = 0;
  victim = kNextAccepted;
}

void SyscallFaults::Disarm() { victim = kNobody; }

int SyscallFaults::calls(Syscall call) { return CountOf(call); }

bool SyscallFaults::happened() { return fault_happened; }

}  // namespace ssegw::net

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {

ssize_t __real_sendmsg(int fd, const msghdr* message, int flags);
ssize_t __real_recv(int fd, void* buffer, size_t bytes, int flags);
int __real_accept4(int fd, sockaddr* address, socklen_t* size, int flags);

ssize_t __wrap_sendmsg(int fd, const msghdr* message, int flags) {
  using namespace ssegw::net;  // NOLINT(google-build-using-namespace)
  if (fd != victim) return __real_sendmsg(fd, message, flags);
  const std::optional<Fault> fault = FaultFor(Syscall::kSendmsg);
  if (!fault) return __real_sendmsg(fd, message, flags);
  if (fault->kind == FaultKind::kError) {
    errno = fault->error;
    return -1;
  }
  size_t offered = 0;
  for (size_t i = 0; i < message->msg_iovlen; ++i) offered += message->msg_iov[i].iov_len;
  size_t left = Shortened(*fault, offered);
  std::array<iovec, 128> pieces;
  msghdr shorter = *message;
  shorter.msg_iov = pieces.data();
  shorter.msg_iovlen = 0;
  while (left > 0) {
    iovec& piece = pieces[shorter.msg_iovlen];
    piece = message->msg_iov[shorter.msg_iovlen++];
    piece.iov_len = std::min(piece.iov_len, left);
    left -= piece.iov_len;
  }
  return __real_sendmsg(fd, &shorter, flags);
}

ssize_t __wrap_send(int fd, const void* buffer, size_t bytes, int flags) {
  iovec piece{.iov_base = const_cast<void*>(buffer), .iov_len = bytes};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  return __wrap_sendmsg(fd, &message, flags);
}

ssize_t __wrap_recv(int fd, void* buffer, size_t bytes, int flags) {
  using namespace ssegw::net;  // NOLINT(google-build-using-namespace)
  if (fd != victim) return __real_recv(fd, buffer, bytes, flags);
  const std::optional<Fault> fault = FaultFor(Syscall::kRecv);
  if (!fault) return __real_recv(fd, buffer, bytes, flags);
  if (fault->kind == FaultKind::kEnd) return 0;
  if (fault->kind != FaultKind::kError) {
    return __real_recv(fd, buffer, Shortened(*fault, bytes), flags);
  }
  errno = fault->error;
  return -1;
}

int __wrap_accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  using namespace ssegw::net;  // NOLINT(google-build-using-namespace)
  if (victim == kNobody) return __real_accept4(fd, address, size, flags);
  if (const std::optional<Fault> fault = FaultFor(Syscall::kAccept)) {
    errno = fault->error;
    return -1;
  }
  const int accepted = __real_accept4(fd, address, size, flags);
  int expected = kNextAccepted;
  if (accepted >= 0) victim.compare_exchange_strong(expected, accepted);
  return accepted;
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
