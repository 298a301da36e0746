#ifndef SSEGW_TESTS_UNIT_NET_FAULT_FIXTURE_H_
#define SSEGW_TESTS_UNIT_NET_FAULT_FIXTURE_H_

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "internal/net/listener.h"
#include "internal/net/shard_thread.h"
#include "internal/window/window.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/syscall_faults.h"

namespace ssegw::net {

// How many calls of each kind there were.
struct SyscallCounts {
  int sends = 0;
  int receives = 0;
  int accepts = 0;

  static SyscallCounts SinceArm() {
    return {.sends = SyscallFaults::calls(Syscall::kSendmsg),
            .receives = SyscallFaults::calls(Syscall::kRecv),
            .accepts = SyscallFaults::calls(Syscall::kAccept)};
  }
};

inline constexpr Fault kNoFault{.name = "none", .call = Syscall::kSendmsg};
// They cost their connection nothing.
inline constexpr Fault kTransientWrites[] = {
    {.name = "one byte", .call = Syscall::kSendmsg, .kind = FaultKind::kOneByte},
    {.name = "half", .call = Syscall::kSendmsg, .kind = FaultKind::kHalf},
    {.name = "EAGAIN", .call = Syscall::kSendmsg, .error = EAGAIN},
    {.name = "EINTR", .call = Syscall::kSendmsg, .error = EINTR}};
inline constexpr Fault kTransientReads[] = {
    {.name = "one byte", .call = Syscall::kRecv, .kind = FaultKind::kOneByte},
    {.name = "one byte each", .call = Syscall::kRecv, .kind = FaultKind::kOneByteEach},
    {.name = "EAGAIN", .call = Syscall::kRecv, .error = EAGAIN},
    {.name = "EINTR", .call = Syscall::kRecv, .error = EINTR}};

// Real sockets and threads: a shard whose listener answers every request with a stream of all
// events.
class FaultFixture {
 public:
  // tls: not null: it speaks TLS.
  explicit FaultFixture(TlsPort* tls = nullptr)
      : listener_(front_.io(), {&shard_}, service_, /*max_sockets=*/1000, tls) {
    EXPECT_TRUE(listener_.Open({.host = "127.0.0.1"}).ok());
  }
  ~FaultFixture() {
    SyscallFaults::Disarm();
    listener_.Close();
    shard_.Stop();
    front_.Stop();
  }
  FaultFixture(const FaultFixture&) = delete;
  FaultFixture& operator=(const FaultFixture&) = delete;

  std::string address() const { return listener_.bound().ToString(); }
  const NetStats& stats() const { return shard_.stats(); }
  size_t sockets() const { return shard_.sockets(); }

  void Publish(std::string_view json) {
    window_.Append(
        sse::Frame::Create({.topic = "t", .key = "k", .json = json, .received_at = base::Now()}));
  }
  // Every stream ends at once.
  void Drain() { shard_.Drain(base::Duration(0), 0.5); }
  bool WaitUntilGone() const {
    return testing::WaitFor([&] { return sockets() == 0; });
  }

 private:
  class EveryEvent final : public HttpService {
   public:
    HttpReply Handle(const HttpRequest&) override {
      HttpStream stream;
      stream.subscription.mode = fanout::Mode::kAll;
      stream.subscription.start = fanout::Start::kLive;
      return stream;
    }
    HttpResponse Refuse(int status, std::string_view detail) override {
      return {.status = status, .body = std::string(detail)};
    }
  };

  window::Window window_{"e", {}};
  EveryEvent service_;
  Admission admission_{{}};
  ShardThread shard_{"shard", "test", window_, admission_, {}};
  ShardThread front_{"front", "test", window_, admission_, {}};
  Listener listener_;
};

}  // namespace ssegw::net

#endif  // SSEGW_TESTS_UNIT_NET_FAULT_FIXTURE_H_
