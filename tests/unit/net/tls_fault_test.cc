// Over TLS too, each system call of one connection going wrong in turn: what is transient costs
// that connection nothing, in the handshake or after it, and what is not ends it and leaves nothing
// behind.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "tests/testing/tls_client.h"
#include "tests/unit/net/fault_fixture.h"
#include "tests/unit/net/tls_fixture.h"

namespace ssegw::net {
namespace {

using testing::TlsClient;

constexpr int kEvents = 3;
// More than a socket takes at once, so that there is something unsent without any fault.
constexpr size_t kLargeBytes = 100'000;

// One client reads a stream over TLS to its end, as far as it comes.
class Scenario {
 public:
  void Run(const Fault& fault, int nth) {
    SyscallFaults::Arm(fault, nth);
    {
      TlsClient client(fixture_.address());
      if (client.ShakeHands()) Read(client);
      got = client.received();
      said_goodbye = client.peer().ended();
    }
    ASSERT_TRUE(fixture_.WaitUntilGone());
    calls = SyscallCounts::SinceArm();
    const NetStats& stats = fixture_.stats();
    EXPECT_EQ(stats.connections.value(), 0U);
    EXPECT_EQ(stats.transports.with_tls[Protocol::kHttp1].value(), 0U);
  }

  std::string got;
  bool said_goodbye = false;
  SyscallCounts calls;

 private:
  void Read(TlsClient& client) {
    client.Get("/");
    if (!client.ReadUntil("event: gateway.live\ndata: {}\n\n")) return;
    for (int i = 1; i <= kEvents; ++i) {
      fixture_.Publish("\"" + std::string(i == 2 ? kLargeBytes : 1, 'x') + "\"");
      if (!client.ReadUntil(base::Concat("id: e-", i, "\n"))) return;
    }
    fixture_.Drain();
    client.ReadToEnd();
  }

  TlsPort tls_{MakeContext()};
  FaultFixture fixture_{&tls_};
};

void ExpectWhole(const Scenario& scenario) {
  for (int i = 1; i <= kEvents; ++i) {
    EXPECT_NE(scenario.got.find(base::Concat("id: e-", i, "\n")), std::string::npos) << i;
  }
  EXPECT_NE(scenario.got.find(std::string(kLargeBytes, 'x')), std::string::npos);
  EXPECT_NE(scenario.got.find("event: gateway.bye"), std::string::npos);
  EXPECT_TRUE(scenario.said_goodbye);
}

// If nothing goes wrong.
SyscallCounts CountCalls() {
  Scenario scenario;
  scenario.Run(kNoFault, 0);
  ExpectWhole(scenario);
  return scenario.calls;
}

void ExpectTransient(const Fault& fault, int nth) {
  SCOPED_TRACE(base::Concat(fault.name, ", call ", nth));
  Scenario scenario;
  scenario.Run(fault, nth);
  ExpectWhole(scenario);
}

TEST(TlsFaultTest, WritesThatAreShortOrInterruptedLoseNothing) {
  const int calls = CountCalls().sends;
  ASSERT_GE(calls, kEvents + 3) << "the handshake, the tickets, the stream, the goodbye";
  for (const Fault& fault : kTransientWrites) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectTransient(fault, nth);
    }
  }
}

TEST(TlsFaultTest, ReadsThatAreShortOrInterruptedLoseNothing) {
  const int calls = CountCalls().receives;
  ASSERT_GE(calls, 8) << "a record takes two";
  for (const Fault& fault : kTransientReads) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectTransient(fault, nth);
    }
  }
}

TEST(TlsFaultTest, WhatFailsForGoodLeavesNothingBehind) {
  const SyscallCounts calls = CountCalls();
  const Fault send{.name = "ECONNRESET", .call = Syscall::kSendmsg, .error = ECONNRESET};
  const Fault receive{.name = "ECONNRESET", .call = Syscall::kRecv, .error = ECONNRESET};
  const Fault end{.name = "end", .call = Syscall::kRecv, .kind = FaultKind::kEnd};
  for (int nth = 1; nth <= calls.sends; ++nth) {
    SCOPED_TRACE(nth);
    Scenario().Run(send, nth);
  }
  for (int nth = 1; nth <= calls.receives; ++nth) {
    SCOPED_TRACE(nth);
    Scenario().Run(receive, nth);
    Scenario().Run(end, nth);
  }
}

}  // namespace
}  // namespace ssegw::net
