// What a session and a stream take of the heap.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/testing/wait_for.h"
#include "tests/unit/net/http2_fixture.h"

#ifdef __SANITIZE_ADDRESS__
// Of the sanitizer's runtime; Debian's g++ comes without its header.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace ssegw::net {
namespace {

using testing::WaitFor;

size_t HeapBytes() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

class Http2MemoryTest : public Http2Test {
 protected:
  void SetUp() override {
#if !defined(__SANITIZE_ADDRESS__)
    // One arena, of which mallinfo2 tells.
    mallopt(M_ARENA_MAX, 1);
#endif
  }
  // Without what the client keeps of it: nothing.
  static void ReadAll(testing::TcpSocket& socket) {
    while (socket.ReceiveWithin(milliseconds(50))) {
    }
  }
};

// At most 40 KB for a session that is idle, beside TLS.
TEST_F(Http2MemoryTest, AnIdleSessionTakesLessThan40Kilobytes) {
  Start({});
  constexpr size_t kSessions = 20;
  std::vector<std::unique_ptr<testing::TcpSocket>> sockets;
  const auto open = [&] {
    sockets.push_back(std::make_unique<testing::TcpSocket>(address_));
    sockets.back()->Send(testing::Http2Preface() + testing::Http2Request(1, "/text"));
  };
  open();
  ReadAll(*sockets.back());
  const size_t before = HeapBytes();
  for (size_t i = 0; i < kSessions; ++i) open();
  ASSERT_TRUE(WaitFor([&] { return Sockets() == kSessions + 1; }));
  for (const auto& socket : sockets) ReadAll(*socket);
  const size_t each = (HeapBytes() - before) / kSessions;
  std::cout << "a session: " << each << " bytes\n";
  RecordProperty("session_bytes", static_cast<int>(each));
  EXPECT_LE(each, 40'000U);
}

// At most 1.2 KiB for each of its streams.
TEST_F(Http2MemoryTest, AStreamTakesLittleMoreThanAKilobyte) {
  Start({.heartbeat_interval = seconds(3600)});
  constexpr int kStreams = 100;
  testing::TcpSocket first(address_);
  first.Send(testing::Http2Preface() + testing::Http2Request(1, "/sse"));
  testing::TcpSocket socket(address_);
  socket.Send(testing::Http2Preface() + testing::Http2Request(1, "/text"));
  ReadAll(first);
  ReadAll(socket);
  const size_t before = HeapBytes();
  // As many fields as a browser sends.
  const testing::HttpFields fields(12, {"accept", "text/event-stream"});
  for (int i = 1; i < kStreams; ++i) {
    socket.Send(testing::Http2Request(2 * i + 1, "/sse", true, fields));
  }
  ASSERT_TRUE(WaitFor([&] { return Connections() == kStreams; }));
  ReadAll(socket);
  const size_t each = (HeapBytes() - before) / (kStreams - 1);
  std::cout << "a stream: " << each << " bytes\n";
  RecordProperty("stream_bytes", static_cast<int>(each));
  EXPECT_LE(each, 1229U);
}

}  // namespace
}  // namespace ssegw::net
