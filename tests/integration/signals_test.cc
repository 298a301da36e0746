// Signals that nobody sends in the ordinary way, and a main thread that stands still.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>

#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The main thread of the gateway, held while the other threads go on.
class HeldMainThread {
 public:
  explicit HeldMainThread(pid_t pid) : pid_(pid) {
    if (ptrace(PTRACE_SEIZE, pid_, nullptr, nullptr) != 0) return;
    int status = 0;
    held_ = ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) == 0 &&
            waitpid(pid_, &status, __WALL) == pid_ && WIFSTOPPED(status);
  }
  ~HeldMainThread() { ptrace(PTRACE_DETACH, pid_, nullptr, nullptr); }
  HeldMainThread(const HeldMainThread&) = delete;
  HeldMainThread& operator=(const HeldMainThread&) = delete;

  bool held() const { return held_; }

 private:
  const pid_t pid_;
  bool held_ = false;
};

int Health(const GatewayProcess& gateway) { return HttpGet(gateway.admin(), "/healthz").status; }

TEST(SignalsTest, ThatWouldEndAProcessDoNotEndTheGateway) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  uint32_t number = 0;
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGPIPE,
                           SIGXFSZ, SIGRTMIN, SIGRTMIN + 7, SIGRTMAX}) {
    gateway.Signal(signal);
    publisher.MustPublish(NumberedEvent("a", "k", ++number));
    EXPECT_EQ(NumberOf(reader.Event()), number) << "after signal " << signal;
  }
  EXPECT_TRUE(WaitFor([&] {
    return gateway.Log().find("level=warn msg=\"signal ignored\" signal=SIGUSR1") !=
           std::string::npos;
  })) << gateway.Log();
  EXPECT_THAT(gateway.Log(), Not(HasSubstr("draining")));
}

TEST(SignalsTest, FloodOfThemLeavesRoomForSigterm) {
  GatewayProcess gateway;
  for (int i = 0; i < 1000; ++i) gateway.Signal(SIGRTMIN);
  gateway.Terminate();
  for (int i = 0; i < 1000; ++i) gateway.Signal(SIGUSR1);
  EXPECT_TRUE(WaitFor([&] { return gateway.Log().find("msg=draining") != std::string::npos; }));
}

TEST(SignalsTest, ThatAskAProcessToGoBeginADrain) {
  for (const int signal : {SIGQUIT, SIGPWR, SIGXCPU}) {
    GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1s"});
    SseReader reader(gateway.http());
    gateway.Signal(signal);
    std::string last;
    for (const SseBlock& block : reader.EventsToEnd()) last = block.event;
    EXPECT_EQ(last, "gateway.bye") << "after signal " << signal;
    EXPECT_EQ(gateway.WaitExit(), 0) << "after signal " << signal;
  }
}

TEST(HealthTest, IsRedWhileTheMainThreadStandsStill) {
  const GatewayProcess gateway;
  EXPECT_EQ(Health(gateway), 200);
  {
    const HeldMainThread main_thread(gateway.pid());
    if (!main_thread.held()) GTEST_SKIP() << "ptrace is not allowed here, errno " << errno;
    EXPECT_TRUE(WaitFor([&] { return Health(gateway) == 503; }));
  }
  EXPECT_TRUE(WaitFor([&] { return Health(gateway) == 200; }));
}

}  // namespace
}  // namespace ssegw::testing
