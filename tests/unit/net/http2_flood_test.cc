// Floods of frames that cost their sender little: each ends the socket with ENHANCE_YOUR_CALM, is
// counted under its name, and begins above a thousand in a second.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "internal/net/http2/http2_head.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/http2_fixture.h"

namespace ssegw::net {
namespace {

using ::testing::HasSubstr;
using testing::Http2Frame;
using testing::Http2Preface;
using testing::Http2Request;
using testing::WaitFor;

constexpr std::string_view kFour("\0\0\0\x08", 4);
// GOAWAY's error code, at the end of the frame.
constexpr std::string_view kCalm("\0\0\0\x0b", 4);

struct Flood {
  std::string name;
  Http2Flood kind;
  // The frames of one step; the first is number 0.
  std::function<std::string(int)> step;
  // What there has to be before.
  std::string first = {};
};

const Flood kFloods[] = {
    {"streams that are opened and reset", Http2Flood::kReset,
     [](int i) {
       return Http2Request(2 * i + 1, "/sse") + Http2Frame(kResetFrame, 0, 2 * i + 1, kFour);
     }},
    // CVE-2025-8671: streams that the gateway resets, for what is wrong in them.
    {"streams that the gateway has to reset", Http2Flood::kReset,
     [](int i) { return Http2Request(2 * i + 1, "/sse", true, {{"Upper", "1"}}); }},
    {"SETTINGS", Http2Flood::kSettings, [](int) { return Http2Frame(kSettingsFrame, 0, 0, ""); }},
    {"PING", Http2Flood::kPing, [](int) { return Http2Frame(kPingFrame, 0, 0, "12345678"); }},
    {"empty DATA", Http2Flood::kEmptyData, [](int) { return Http2Frame(kDataFrame, 0, 1, ""); },
     Http2Request(1, "/body", /*ends=*/false)},
    {"CONTINUATION", Http2Flood::kContinuation,
     [](int) { return Http2Frame(kContinuationFrame, 0, 1, ""); },
     Http2Frame(kHeadersFrame, 0, 1, std::string_view("\0\1a\1b", 5))},
    {"windows opened by a byte", Http2Flood::kWindowUpdate,
     [](int) { return Http2Frame(kWindowUpdateFrame, 0, 0, std::string_view("\0\0\0\1", 4)); }},
    {"PRIORITY", Http2Flood::kPriority,
     [](int i) {
       return Http2Frame(kPriorityFrame, 0, 2 * i + 1, std::string_view("\0\0\0\0\1", 5));
     }},
};

class Http2FloodTest : public Http2Test {
 protected:
  // Sends n steps while it reads.
  static void Send(Client& client, const Flood& flood, int from, int to) {
    for (int i = from; i < to; i += 50) {
      std::string some;
      for (int j = i; j < std::min(to, i + 50); ++j) some += flood.step(j);
      client.Send(some);
      while (client.IsReadableWithin(milliseconds(0)) && client.ReadSome()) {
      }
    }
  }
};

TEST_F(Http2FloodTest, EndsTheSocketAndIsCounted) {
  Start({});
  for (const Flood& flood : kFloods) {
    SCOPED_TRACE(flood.name);
    const uint64_t before = Floods(flood.kind);
    Client client(address_);
    client.Send(Http2Preface() + flood.first);
    // However slow this machine is, within some second there are more than a thousand.
    for (int i = 0; i < 1'000'000 && Floods(flood.kind) == before; i += 2000) {
      Send(client, flood, i, i + 2000);
    }
    client.ReadToEnd();
    EXPECT_THAT(client.received(), HasSubstr(kCalm));
    EXPECT_EQ(Floods(flood.kind), before + 1);
    EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
  }
}

// Section 5.6: never under 1,000 such frames in a second.
TEST_F(Http2FloodTest, AThousandAreNone) {
  Start({});
  for (const Flood& flood : kFloods) {
    SCOPED_TRACE(flood.name);
    Client client(address_);
    // The preface has one SETTINGS.
    client.Send(Http2Preface() + flood.first);
    Send(client, flood, 0, 990);
    if (flood.kind != Http2Flood::kContinuation) {
      client.Send(Http2Frame(kPingFrame, 0, 0, "12345678"));
      EXPECT_TRUE(client.ReadUntil(Http2Frame(kPingFrame, 1, 0, "12345678")));
    }
    EXPECT_EQ(Floods(flood.kind), 0U);
  }
}

// A head that unpacks to very much: a field of 4 KB that is put into the table once, and then asked
// for by one byte each.
TEST_F(Http2FloodTest, AHeadThatUnpacksWithoutEndIsOne) {
  Start({});
  Client client(address_);
  std::string block("\x40\x01x\x7f\x91\x1e", 6);  // a name of one byte, a value of 4,000
  block.append(4000, 'v');
  client.Send(Http2Preface() + Http2Frame(kHeadersFrame, 0, 1, block));
  for (int i = 0; i < 20; ++i) {
    client.Send(Http2Frame(kContinuationFrame, 0, 1, std::string(1000, '\xbe')));
  }
  client.ReadToEnd();
  EXPECT_THAT(client.received(), HasSubstr(kCalm));
  EXPECT_EQ(Floods(Http2Flood::kHeaderList), 1U);
}

// What is too large is answered, and the packing of what follows goes on from it.
TEST_F(Http2FloodTest, AHeadThatIsTooLargeIsAnsweredAndTheNextIsUnderstood) {
  Start({});
  testing::Http2Client client(address_);
  const int32_t large = client.Get("/text", {{"x", std::string(33'000, 'v')}, {"first", "1"}});
  ASSERT_TRUE(client.ReadToEnd(large));
  EXPECT_EQ(client.answer(large).status, 431);
  const int32_t next = client.Get("/text", {{"first", "1"}});
  ASSERT_TRUE(client.ReadToEnd(next));
  EXPECT_EQ(client.answer(next).status, 200);
}

TEST_F(Http2FloodTest, ARefusedStreamsHeadIsUnpackedToo) {
  Start({.max_http2_streams = 1});
  testing::Http2Client client(address_);
  const int32_t first = Subscribe(client);
  // The client does not know that it is one too many: its head fills the table all the same.
  Client raw(address_);
  raw.Send(Http2Preface() + Http2Request(1, "/sse"));
  ASSERT_TRUE(WaitFor([&] { return Connections() == 2; }));
  const std::string fills = Http2Request(3, "/text") + "";  // without a table
  std::string block("\x40\x01x\x01y", 5);
  raw.Send(
      Http2Frame(kHeadersFrame, 5, 3, std::string("\x82\x86\x84\x41\x09localhost", 14) + block));
  ASSERT_TRUE(raw.ReadUntil(Http2Frame(kResetFrame, 0, 3, std::string_view("\0\0\0\x07", 4))));
  raw.Send(Http2Frame(kResetFrame, 0, 1, kFour));
  ASSERT_TRUE(WaitFor([&] { return Connections() == 1; }));
  // 62 is x: y, 63 the authority (RFC 7541 section 2.3.3).
  raw.Send(Http2Frame(kHeadersFrame, 5, 5, "\x82\x86\x84\xbf\xbe"));
  EXPECT_TRUE(raw.ReadUntil("event: gateway.hello"));
  client.Reset(first, kCancelCode);
}

struct Malformed {
  const char* name;
  testing::HttpFields fields;
};

TEST_F(Http2FloodTest, WhatIsMalformedResetsItsStreamAlone) {
  Start({});
  const Malformed cases[] = {
      {"an upper-case name", {{"Upper", "1"}}},
      {"a field of HTTP/1.1", {{"connection", "close"}}},
      {"an encoding of HTTP/1.1", {{"transfer-encoding", "chunked"}}},
      {"te that is not trailers", {{"te", "gzip"}}},
      {"an unknown pseudo-field", {{":other", "1"}}},
      {"a second method", {{":method", "GET"}}},
      {"a control character", {{"x", "a\nb"}}},
      {"two lengths", {{"content-length", "1"}, {"content-length", "2"}}},
  };
  for (const Malformed& c : cases) {
    SCOPED_TRACE(c.name);
    Client client(address_);
    client.Send(Http2Preface() + Http2Request(1, "/text", true, c.fields) +
                Http2Request(3, "/text"));
    EXPECT_TRUE(client.ReadUntil(Http2Frame(kResetFrame, 0, 1, std::string_view("\0\0\0\x01", 4))));
    EXPECT_TRUE(client.ReadUntil(Http2Frame(kDataFrame, 0, 3, "text")));
  }
  // "te: trailers" is what gRPC and some proxies send.
  Client client(address_);
  client.Send(Http2Preface() + Http2Request(1, "/text", true, {{"te", "trailers"}}));
  EXPECT_TRUE(client.ReadUntil(Http2Frame(kDataFrame, 0, 1, "text")));
}

TEST_F(Http2FloodTest, WhatIsNoHttp2EndsTheSocket) {
  Start({});
  const std::string cases[] = {
      std::string("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n") + Http2Frame(kSettingsFrame, 0, 0, ""),
      Http2Preface() + Http2Frame(kDataFrame, 0, 0, "data of no stream"),
      Http2Preface() + Http2Frame(kHeadersFrame, 5, 2, "\x82\x86\x84"),
      Http2Preface() + Http2Frame(kHeadersFrame, 5, 1, "\xff\xff\xff\xff\xff\xff\xff"),
      Http2Preface() + Http2Frame(kSettingsFrame, 0, 0, "12345"),
      Http2Preface() + Http2Frame(kPingFrame, 0, 0, std::string(20'000, 'x')),
      Http2Preface() + Http2Frame(kDataFrame, 0, 1, std::string(16'385, 'x')),
      Http2Preface() + Http2Frame(kWindowUpdateFrame, 0, 0, std::string_view("\0\0\0\0", 4)),
  };
  for (const std::string& bytes : cases) {
    SCOPED_TRACE(::testing::PrintToString(bytes.substr(24, 20)));
    Client client(address_);
    client.Send(bytes);
    client.ReadToEnd();
    EXPECT_THAT(client.received(), HasSubstr(std::string(1, char{kGoawayFrame})));
    EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
  }
}

// In the clear: each takes some 27 KB, and HTTP/1.1 is left for everybody.
TEST_F(Http2FloodTest, NoMoreSessionsBeginThanAShardHasRoomFor) {
  Start({.max_http2_sessions = 1});
  testing::Http2Client one(address_);
  Subscribe(one);
  testing::Http2Client other(address_);
  Subscribe(other);
  Client third(address_);
  third.Send(Http2Preface());
  third.ReadToEnd();
  EXPECT_EQ(Floods(Http2Flood::kSessions), 1U);
  const auto one_of_http1 = ShardThreadTest::Subscribe();
  EXPECT_EQ(Connections(), 3U);
  for (testing::Http2Client* const client : {&one, &other}) client->socket().Reset();
  ASSERT_TRUE(WaitFor([&] { return Connections() == 1; }));
  testing::Http2Client next(address_);
  Subscribe(next);
}

// A client that asks and does not read: what its frames are answered with is bounded.
TEST_F(Http2FloodTest, WhatAClientDoesNotReadIsBounded) {
  Start({});
  testing::TcpSocket socket(address_, {.receive_buffer_bytes = 4096});
  socket.Send(Http2Preface());
  // Under a flood, for as long as the gateway reads.
  std::string pings;
  for (int i = 0; i < 400; ++i) pings += Http2Frame(kPingFrame, 0, 0, "12345678");
  uint64_t most = 0;
  for (int i = 0; i < 10; ++i) {
    socket.Send(pings);
    EXPECT_TRUE(WaitFor([&] { return !socket.IsReadableWithin(milliseconds(0)) || true; }));
    uint64_t bytes = 0;
    for (const auto& shard : shards_) bytes += shard->stats().answer_bytes.value();
    most = std::max(most, bytes);
    socket.IsReadableWithin(milliseconds(500));
  }
  EXPECT_LE(most, 4 * Http2Wire::kMaxOutput);
}

// Section A.2 of the threat model: many filters on each of many streams.
TEST_F(Http2FloodTest, BodiesOfAllStreamsHaveABudget) {
  Start({});
  Client client(address_);
  client.Send(Http2Preface());
  // Each request holds a head of 15 KB at least while its body is awaited: 70 of them are a
  // megabyte.
  constexpr int kRequests = 90;
  for (int i = 0; i < kRequests; ++i) {
    client.Send(
        Http2Request(2 * i + 1, "/body", /*ends=*/false, {{"x", std::string(15'000, 'v')}}));
  }
  EXPECT_TRUE(client.ReadUntil(
      Http2Frame(kResetFrame, 0, 2 * kRequests - 1, std::string_view("\0\0\0\x07", 4))));
  uint64_t held = 0;
  for (const auto& shard : shards_) held += shard->stats().head_bytes.value();
  EXPECT_LE(held, Http2Session::kMaxHeldBytes);
}

}  // namespace
}  // namespace ssegw::net
