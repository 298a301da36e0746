// Real sockets and threads, and each system call of one connection going wrong in turn: what is
// transient costs that connection nothing, what is not ends it and nobody else.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/chunked_decoder.h"
#include "tests/testing/sse_parser.h"
#include "tests/testing/text_client.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/fault_fixture.h"

namespace ssegw::net {
namespace {

constexpr int kEvents = 4;
// More than a socket takes at once, so that there are short writes without any fault.
constexpr int kLargeEvent = 2;
constexpr size_t kLargeBytes = 200'000;

using testing::TextClient;
using testing::WaitFor;

// One victim, and one bystander who was there before, read the same events to the end.
class Scenario {
 public:
  void Run(const Fault& fault, int nth) {
    auto bystander = std::make_unique<TextClient>(fixture_.address());
    bystander->Send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    ASSERT_TRUE(bystander->ReadUntil("event: gateway.live\ndata: {}\n\n"));

    SyscallFaults::Arm(fault, nth);
    auto victim = std::make_unique<TextClient>(fixture_.address());
    victim->Send("GET / HTTP/1.1\r\n");
    // So that the request comes in two reads.
    const bool hit_by_accept = fault.call == Syscall::kAccept;
    ASSERT_TRUE(WaitFor([&] {
      return SyscallFaults::calls(Syscall::kRecv) > 0 || (hit_by_accept && fixture_.sockets() == 1);
    }));
    victim->Send("Host: test\r\n\r\n");
    victim->ReadUntil("event: gateway.live\ndata: {}\n\n");
    victim->Send("\r\n");  // what a stream gets is read, and thrown away
    for (int i = 1; i <= kEvents; ++i) {
      Publish(i);
      const std::string id = base::Concat("id: e-", i, "\n");
      victim->ReadUntil(id);
      ASSERT_TRUE(bystander->ReadUntil(id)) << "the bystander lost its stream";
    }
    happened_before_drain = SyscallFaults::happened();
    streamed = fixture_.stats().opened.value() == 2;
    if (hit_by_accept) {
      auto latecomer = std::make_unique<TextClient>(fixture_.address());
      latecomer->Send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
      ASSERT_TRUE(latecomer->ReadUntil("event: gateway.live\ndata: {}\n\n"))
          << "nobody accepts any more";
    }
    fixture_.Drain();
    victim->ReadToEnd();
    bystander->ReadToEnd();
    happened = SyscallFaults::happened();
    victim_got = victim->received();
    bystander_got = bystander->received();
    victim.reset();
    bystander.reset();
    ASSERT_TRUE(fixture_.WaitUntilGone());
    calls = SyscallCounts::SinceArm();
  }

  uint64_t closed(CloseReason reason) const { return fixture_.stats().closed[reason].value(); }
  uint64_t opened() const { return fixture_.stats().opened.value(); }
  uint64_t closed() const {
    uint64_t count = 0;
    for (const auto& reason : fixture_.stats().closed) count += reason.value();
    return count;
  }

  bool happened_before_drain = false;
  bool happened = false;
  bool streamed = false;
  std::string victim_got;
  std::string bystander_got;
  SyscallCounts calls;

 private:
  void Publish(int i) {
    fixture_.Publish(i == kLargeEvent ? "\"" + std::string(kLargeBytes, 'x') + "\""
                                      : std::to_string(i));
  }

  FaultFixture fixture_;
};

// All of the stream, in order and well-formed to its last byte.
void ExpectWhole(std::string_view got) {
  const size_t body = got.find("\r\n\r\n");
  ASSERT_NE(body, std::string_view::npos) << got;
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n"));
  testing::ChunkedDecoder decoder;
  testing::SseParser parser;
  std::string events;
  for (const testing::SseBlock& block : parser.Parse(decoder.Decode(got.substr(body + 4)))) {
    events += base::Concat(block.id.value_or("-"), block.event, ' ');
    if (block.id == base::Concat("e-", kLargeEvent)) {
      EXPECT_EQ(block.data->size(), kLargeBytes + 2);
    }
  }
  EXPECT_EQ(events, "- -gateway.cut e-0gateway.hello -gateway.live e-1 e-2 e-3 e-4 -gateway.bye ");
  EXPECT_TRUE(decoder.ended());
  EXPECT_TRUE(parser.at_boundary());
}

// If nothing goes wrong.
SyscallCounts CountCalls() {
  Scenario scenario;
  scenario.Run(kNoFault, 0);
  ExpectWhole(scenario.victim_got);
  ExpectWhole(scenario.bystander_got);
  EXPECT_EQ(scenario.closed(CloseReason::kDrain), 2U);
  return scenario.calls;
}

void ExpectTransient(const Fault& fault, int nth) {
  SCOPED_TRACE(base::Concat(fault.name, ", call ", nth));
  Scenario scenario;
  scenario.Run(fault, nth);
  ExpectWhole(scenario.victim_got);
  ExpectWhole(scenario.bystander_got);
  EXPECT_EQ(scenario.opened(), 2U);
  EXPECT_EQ(scenario.closed(CloseReason::kDrain), 2U);
  EXPECT_EQ(scenario.closed(), 2U);
}

// As what is a stream counted that ends in this way.
void ExpectFatal(const Fault& fault, int nth, CloseReason reason) {
  SCOPED_TRACE(base::Concat(fault.name, ", call ", nth));
  Scenario scenario;
  scenario.Run(fault, nth);
  ExpectWhole(scenario.bystander_got);
  EXPECT_EQ(scenario.closed(), scenario.opened());
  if (!scenario.happened_before_drain) {
    // It was told to leave already: so it leaves for that reason.
    EXPECT_EQ(scenario.closed(CloseReason::kDrain), 2U);
    return;
  }
  EXPECT_EQ(scenario.opened(), scenario.streamed ? 2U : 1U);
  EXPECT_EQ(scenario.closed(CloseReason::kDrain), 1U) << "the bystander's";
  EXPECT_EQ(scenario.closed(reason), scenario.streamed ? 1U : 0U);
  EXPECT_EQ(scenario.victim_got.find("gateway.bye"), std::string::npos);
}

TEST(NetFaultTest, WritesThatAreShortOrInterruptedLoseNothing) {
  const int calls = CountCalls().sends;
  ASSERT_GE(calls, kEvents + 2);
  for (const Fault& fault : kTransientWrites) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectTransient(fault, nth);
    }
  }
}

TEST(NetFaultTest, AWriteThatFailsEndsItsConnectionAndNoOther) {
  const int calls = CountCalls().sends;
  for (const Fault& fault :
       {Fault{.name = "ECONNRESET", .call = Syscall::kSendmsg, .error = ECONNRESET},
        Fault{.name = "EPIPE", .call = Syscall::kSendmsg, .error = EPIPE},
        Fault{.name = "ENOBUFS", .call = Syscall::kSendmsg, .error = ENOBUFS},
        Fault{.name = "ENOMEM", .call = Syscall::kSendmsg, .error = ENOMEM}}) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectFatal(fault, nth, CloseReason::kPeerReset);
    }
  }
}

TEST(NetFaultTest, ReadsThatAreShortOrInterruptedLoseNothing) {
  const int calls = CountCalls().receives;
  ASSERT_GE(calls, 4) << "two for the request, one for what is thrown away, one for the end";
  for (const Fault& fault : kTransientReads) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      ExpectTransient(fault, nth);
    }
  }
}

TEST(NetFaultTest, AReadThatFailsEndsItsConnectionAndNoOther) {
  const int calls = CountCalls().receives;
  const Fault reset{.name = "ECONNRESET", .call = Syscall::kRecv, .error = ECONNRESET};
  const Fault end{.name = "end", .call = Syscall::kRecv, .kind = FaultKind::kEnd};
  for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
    ExpectFatal(reset, nth, CloseReason::kPeerReset);
    ExpectFatal(end, nth, CloseReason::kPeerClosed);
  }
}

TEST(NetFaultTest, AcceptingGoesOnWhateverItFailedWith) {
  const int calls = CountCalls().accepts;
  struct Case {
    Fault fault;
    // Whoever is not served yet may have to make room.
    bool out_of_something;
  };
  for (const Case& c :
       {Case{{.name = "EMFILE", .call = Syscall::kAccept, .error = EMFILE}, true},
        Case{{.name = "ENFILE", .call = Syscall::kAccept, .error = ENFILE}, true},
        Case{{.name = "ENOBUFS", .call = Syscall::kAccept, .error = ENOBUFS}, true},
        Case{{.name = "ECONNABORTED", .call = Syscall::kAccept, .error = ECONNABORTED}, false},
        Case{{.name = "EINTR", .call = Syscall::kAccept, .error = EINTR}, false}}) {
    for (int nth = 1; nth <= calls && !::testing::Test::HasFailure(); ++nth) {
      SCOPED_TRACE(base::Concat(c.fault.name, ", call ", nth));
      Scenario scenario;
      scenario.Run(c.fault, nth);
      ExpectWhole(scenario.bystander_got);
      if (!c.out_of_something || scenario.streamed) ExpectWhole(scenario.victim_got);
      EXPECT_EQ(scenario.closed(), scenario.opened());
    }
  }
}

}  // namespace
}  // namespace ssegw::net
