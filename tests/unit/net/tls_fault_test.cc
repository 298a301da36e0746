// Over TLS too, each system call of one connection going wrong in turn: what is transient costs
// that connection nothing, in the handshake or after it, and what is not ends it and leaves nothing
// behind.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "internal/net/listener.h"
#include "internal/net/shard_thread.h"
#include "internal/window/window.h"
#include "tests/testing/tls_client.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/syscall_faults.h"
#include "tests/unit/net/tls_fixture.h"

namespace ssegw::net {
namespace {

using testing::TlsClient;
using testing::WaitFor;

constexpr int kEvents = 3;
// More than a socket takes at once, so that there is something unsent without any fault.
constexpr size_t kLargeBytes = 100'000;

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

// One client reads a stream over TLS to its end, as far as it comes.
class Scenario {
 public:
  Scenario() {
    EXPECT_TRUE(listener_.Open({.host = "127.0.0.1"}).ok());
    address_ = listener_.bound().ToString();
  }
  ~Scenario() {
    SyscallFaults::Disarm();
    listener_.Close();
    shard_.Stop();
    front_.Stop();
  }
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  void Run(const Fault& fault, int nth) {
    SyscallFaults::Arm(fault, nth);
    {
      TlsClient client(address_);
      if (client.ShakeHands()) Read(client);
      got = client.received();
      said_goodbye = client.peer().ended();
    }
    ASSERT_TRUE(WaitFor([&] { return shard_.sockets() == 0; }));
    sends = SyscallFaults::calls(Syscall::kSendmsg);
    receives = SyscallFaults::calls(Syscall::kRecv);
    const NetStats& stats = shard_.stats();
    EXPECT_EQ(stats.connections.value(), 0U);
    EXPECT_EQ(stats.transports.with_tls[Protocol::kHttp1].value(), 0U);
  }

  std::string got;
  bool said_goodbye = false;
  int sends = 0;
  int receives = 0;

 private:
  void Read(TlsClient& client) {
    client.Get("/");
    if (!client.ReadUntil("event: gateway.live\ndata: {}\n\n")) return;
    for (int i = 1; i <= kEvents; ++i) {
      const std::string json = "\"" + std::string(i == 2 ? kLargeBytes : 1, 'x') + "\"";
      window_.Append(
          sse::Frame::Create({.topic = "t", .key = "k", .json = json, .received_at = base::Now()}));
      if (!client.ReadUntil(base::Concat("id: e-", i, "\n"))) return;
    }
    shard_.Drain(base::Duration(0), 0.5);
    client.ReadToEnd();
  }

  window::Window window_{"e", {}};
  EveryEvent service_;
  TlsPort tls_{MakeContext()};
  Admission admission_{{}};
  ShardThread shard_{"shard", window_, admission_, {}};
  ShardThread front_{"front", window_, admission_, {}};
  Listener listener_{front_.io(), {&shard_}, service_, 1000, &tls_};
  std::string address_;
};

void ExpectWhole(const Scenario& scenario) {
  for (int i = 1; i <= kEvents; ++i) {
    EXPECT_NE(scenario.got.find(base::Concat("id: e-", i, "\n")), std::string::npos) << i;
  }
  EXPECT_NE(scenario.got.find(std::string(kLargeBytes, 'x')), std::string::npos);
  EXPECT_NE(scenario.got.find("event: gateway.bye"), std::string::npos);
  EXPECT_TRUE(scenario.said_goodbye);
}

struct Calls {
  int sends;
  int receives;
};
Calls CountCalls() {
  Scenario scenario;
  scenario.Run({.name = "none", .call = Syscall::kSendmsg}, 0);
  ExpectWhole(scenario);
  return {scenario.sends, scenario.receives};
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
  for (const Fault& fault :
       {Fault{.name = "one byte", .call = Syscall::kSendmsg, .kind = FaultKind::kOneByte},
        Fault{.name = "half", .call = Syscall::kSendmsg, .kind = FaultKind::kHalf},
        Fault{.name = "EAGAIN", .call = Syscall::kSendmsg, .error = EAGAIN},
        Fault{.name = "EINTR", .call = Syscall::kSendmsg, .error = EINTR}}) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectTransient(fault, nth);
    }
  }
}

TEST(TlsFaultTest, ReadsThatAreShortOrInterruptedLoseNothing) {
  const int calls = CountCalls().receives;
  ASSERT_GE(calls, 8) << "a record takes two";
  for (const Fault& fault :
       {Fault{.name = "one byte", .call = Syscall::kRecv, .kind = FaultKind::kOneByte},
        Fault{.name = "one byte each", .call = Syscall::kRecv, .kind = FaultKind::kOneByteEach},
        Fault{.name = "EAGAIN", .call = Syscall::kRecv, .error = EAGAIN},
        Fault{.name = "EINTR", .call = Syscall::kRecv, .error = EINTR}}) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectTransient(fault, nth);
    }
  }
}

TEST(TlsFaultTest, WhatFailsForGoodLeavesNothingBehind) {
  const Calls calls = CountCalls();
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
