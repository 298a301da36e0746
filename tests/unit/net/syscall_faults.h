#ifndef SSEGW_TESTS_UNIT_NET_SYSCALL_FAULTS_H_
#define SSEGW_TESTS_UNIT_NET_SYSCALL_FAULTS_H_

#include <cstdint>

namespace ssegw::net {

enum class Syscall : uint8_t { kSendmsg, kRecv, kAccept };

enum class FaultKind : uint8_t {
  kError,    // the call fails with error
  kEnd,      // recv: 0 bytes, the peer has closed
  kOneByte,  // of all that was offered or asked for
  kHalf,
  kOneByteEach,  // this call, and every one after it
};

struct Fault {
  const char* name;
  Syscall call;
  FaultKind kind = FaultKind::kError;
  int error = 0;
};

// Makes one system call of one connection go wrong: the test binary is linked with --wrap for
// sendmsg and send, which count as one, recv and accept4. The connection is the next one that is
// accepted; of accept4 all calls count.
//
// Thread: Arm and Disarm while nothing that could be hit is under way; all else any.
class SyscallFaults {
 public:
  SyscallFaults() = delete;

  // The nth call, from 1, of that kind; 0: none, they are only counted.
  static void Arm(const Fault& fault, int nth);
  static void Disarm();

  // Since Arm.
  static int calls(Syscall call);
  static bool happened();
};

}  // namespace ssegw::net

#endif  // SSEGW_TESTS_UNIT_NET_SYSCALL_FAULTS_H_
