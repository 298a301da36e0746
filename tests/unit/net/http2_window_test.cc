// What a client's windows do to its streams: section 5.6 of the design, rule by rule.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/testing/wait_for.h"
#include "tests/unit/net/http2_fixture.h"

namespace ssegw::net {
namespace {

using ::testing::HasSubstr;
using testing::Http2Client;
using ::testing::IsEmpty;
using testing::WaitFor;

// Of one stream and of one event.
constexpr size_t kEventBytes = size_t{100} * 1024;

class Http2WindowTest : public Http2Test {
 protected:
  void PublishLarge(char c) { Publish("\"" + std::string(kEventBytes, c) + "\""); }
  static size_t Received(Http2Client& client, int32_t stream) {
    return client.answer(stream).body.size();
  }
};

// A client whose window is 6 MiB, as Chromium's: half of it and 256 KiB are on their way at most.
TEST_F(Http2WindowTest, NoMoreIsOnItsWayThanHalfTheWindowAndAQuarterOfAMegabyte) {
  Start({});
  constexpr uint32_t kWindow = 6 << 20;
  constexpr size_t kCap = kWindow / 2 + (256 << 10);
  Http2Client client(address_,
                     {.stream_window = kWindow, .connection_window = 15 << 20, .credits = false});
  const int32_t stream = Subscribe(client, "/all");
  for (size_t i = 0; i < kWindow / kEventBytes; ++i) PublishLarge('a');
  // Less than a kilobyte is not used for a part of a frame.
  const auto is_full = [&](size_t cap) { return Received(client, stream) > cap - 1024; };
  ASSERT_TRUE(client.ReadUntil([&] { return is_full(kCap); }));
  client.ReadFor(milliseconds(100));
  EXPECT_LE(Received(client, stream), kCap);
  client.Credit(stream, 10'000);
  ASSERT_TRUE(client.ReadUntil([&] { return is_full(kCap + 10'000); }));
  client.ReadFor(milliseconds(50));
  EXPECT_LE(Received(client, stream), kCap + 10'000);
}

// Frames are chosen when there is room: of what came meanwhile, `latest` sends the newest.
TEST_F(Http2WindowTest, AStreamThatCatchesUpSkipsWhatWasSuperseded) {
  Start({});
  Http2Client client(address_, {.stream_window = 20'000, .credits = false});
  const int32_t stream = Subscribe(client);
  PublishLarge('a');
  ASSERT_TRUE(client.ReadUntil([&] { return Received(client, stream) == 20'000; }));
  for (const char c : {'b', 'c', 'd', 'e'}) PublishLarge(c);
  client.Credit(stream, 1 << 20);
  client.Credit(0, 1 << 20);
  ASSERT_TRUE(client.ReadUntil(stream, "eee\"\nid"));
  EXPECT_THAT(client.answer(stream).body, HasSubstr("aaa\"\nid")) << "begun, so finished";
  EXPECT_THAT(client.answer(stream).body, Not(HasSubstr("bbb")));
  EXPECT_THAT(client.answer(stream).body, Not(HasSubstr("ddd")));
}

TEST_F(Http2WindowTest, AStalledStreamHoldsUpNoOther) {
  Start({});
  Http2Client client(address_,
                     {.stream_window = 20'000, .connection_window = 8 << 20, .credits = false});
  const int32_t stalled = Subscribe(client, "/all");
  PublishLarge('a');
  ASSERT_TRUE(client.ReadUntil([&] { return Received(client, stalled) == 20'000; }));
  const int32_t live = Subscribe(client);
  for (int i = 0; i < 20; ++i) {
    const std::string text = "\"event " + std::to_string(i) + "\"";
    Publish(text);
    ASSERT_TRUE(client.ReadUntil(live, text));
  }
  EXPECT_EQ(Received(client, stalled), 20'000U);
}

// A frame for each byte of a window costs the gateway more than it costs the client.
TEST_F(Http2WindowTest, AWindowOfLessThanAKilobyteIsNotUsedForAPartOfAFrame) {
  Start({});
  Http2Client client(address_, {.stream_window = 20'000, .credits = false});
  const int32_t stream = Subscribe(client, "/all");
  PublishLarge('a');
  ASSERT_TRUE(client.ReadUntil([&] { return Received(client, stream) == 20'000; }));
  client.Credit(stream, 1023);
  client.ReadFor(milliseconds(50));
  EXPECT_EQ(Received(client, stream), 20'000U);
  client.Credit(stream, 1);
  EXPECT_TRUE(client.ReadUntil([&] { return Received(client, stream) == 21'024; }));
}

TEST_F(Http2WindowTest, AWholeFrameFitsAnyWindow) {
  Start({});
  Http2Client client(address_, {.stream_window = 1000, .credits = false});
  const int32_t stream = Subscribe(client);
  Publish("1");
  EXPECT_TRUE(client.ReadUntil(stream, "data: 1\n"));
  EXPECT_LT(Received(client, stream), 1000U);
}

// The head waits for the data that goes with it.
TEST_F(Http2WindowTest, WithoutAWindowThereIsNoHeadEither) {
  Start({});
  Http2Client client(address_, {.stream_window = 0, .credits = false});
  const int32_t stream = client.Get("/sse");
  ASSERT_TRUE(WaitFor([&] { return Connections() == 1; }));
  client.ReadFor(milliseconds(50));
  EXPECT_EQ(client.answer(stream).status, 0);
  client.Credit(stream, 10'000);
  EXPECT_TRUE(client.ReadUntil(stream, kLive));
}

TEST_F(Http2WindowTest, SettingsOpenTheWindowsOfStreamsThatThereAre) {
  Start({});
  Http2Client client(address_, {.stream_window = 0, .credits = false});
  const int32_t stream = client.Get("/sse");
  const int32_t text = client.Get("/text");
  ASSERT_TRUE(WaitFor([&] { return Connections() == 1; }));
  client.SetStreamWindow(65'535);
  EXPECT_TRUE(client.ReadUntil(stream, kLive));
  EXPECT_TRUE(client.ReadToEnd(text));
}

TEST_F(Http2WindowTest, AStreamThatTakesNothingIsCancelledAndTheOthersStay) {
  Start({.write_stall_timeout = milliseconds(400)});
  Http2Client client(address_,
                     {.stream_window = 20'000, .connection_window = 8 << 20, .credits = false});
  const int32_t stalled = Subscribe(client, "/all");
  PublishLarge('a');
  ASSERT_TRUE(client.ReadUntil([&] { return Received(client, stalled) == 20'000; }));
  const int32_t live = Subscribe(client);
  EXPECT_TRUE(client.ReadToEnd(stalled));
  EXPECT_EQ(client.answer(stalled).reset, kCancelCode);
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kWriteStall) == 1; }));
  Publish("1");
  EXPECT_TRUE(client.ReadUntil(live, "data: 1\n"));
}

TEST_F(Http2WindowTest, AStreamThatTakesALittleNowAndThenStays) {
  Start({.write_stall_timeout = milliseconds(400)});
  Http2Client client(address_,
                     {.stream_window = 20'000, .connection_window = 8 << 20, .credits = false});
  const int32_t slow = Subscribe(client, "/all");
  for (const char c : {'a', 'b', 'c'}) PublishLarge(c);
  for (int i = 0; i < 8; ++i) {
    client.ReadFor(milliseconds(150));
    client.Credit(slow, 2'000);
  }
  EXPECT_FALSE(client.answer(slow).reset.has_value());
}

// The end needs no window, where the last words find none.
TEST_F(Http2WindowTest, WithoutAWindowForByeAStreamEndsWithAnEmptyFrame) {
  Start({});
  Http2Client client(address_, {.stream_window = 20'000, .credits = false});
  const int32_t stream = Subscribe(client, "/all");
  PublishLarge('a');
  ASSERT_TRUE(client.ReadUntil([&] { return Received(client, stream) == 20'000; }));
  for (auto& shard : shards_) shard->Drain(milliseconds(100), 0);
  EXPECT_TRUE(client.ReadToEnd(stream));
  EXPECT_TRUE(client.answer(stream).ended);
  EXPECT_EQ(client.answer(stream).reset, std::nullopt);
  EXPECT_EQ(Received(client, stream), 20'000U);
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kDrain) == 1; }));
}

TEST_F(Http2WindowTest, EvenAStreamWithoutAHeadEnds) {
  Start({});
  Http2Client client(address_, {.stream_window = 0, .credits = false});
  const int32_t stream = client.Get("/sse");
  ASSERT_TRUE(WaitFor([&] { return Connections() == 1; }));
  for (auto& shard : shards_) shard->Drain(milliseconds(100), 0);
  EXPECT_TRUE(client.ReadToEnd(stream));
  EXPECT_EQ(client.answer(stream).status, 200);
  EXPECT_TRUE(client.answer(stream).ended);
}

TEST_F(Http2WindowTest, OneThatIsShedWithoutAWindowEnds) {
  Start({}, {.max_connections = 0});
  Http2Client client(address_, {.stream_window = 0, .credits = false});
  const int32_t stream = client.Get("/sse");
  EXPECT_TRUE(client.ReadToEnd(stream));
  EXPECT_EQ(client.answer(stream).status, 200);
  EXPECT_TRUE(client.answer(stream).ended);
}

// Seen with Chromium: three pages that are busy keep the window of the connection, and resetting
// their streams does not give it back. So the others are sent to another socket.
TEST_F(Http2WindowTest, StreamsThatStarveTheOthersMakeThemLeave) {
  Start({});
  Http2Client client(address_, {.stream_window = 65'535, .credits = false});
  const int32_t healthy = Subscribe(client, "/sse?topic=other");
  const int32_t hungry = Subscribe(client, "/all");
  PublishLarge('a');
  // 5 s, of which nothing but the contract says how long it takes.
  ASSERT_TRUE(client.ReadGoaways(1));
  EXPECT_EQ(client.goaways()[0].error, kNoErrorCode);
  EXPECT_TRUE(client.ReadToEnd(healthy));
  EXPECT_TRUE(client.answer(healthy).ended);
  EXPECT_FALSE(client.answer(hungry).ended);
  // The client may have read to the end before the shard counts it.
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kClosed) == 1; }));
}

TEST_F(Http2WindowTest, ASmallWindowAloneStarvesNobody) {
  Start({});
  Http2Client client(address_, {.stream_window = 65'535, .credits = false});
  Subscribe(client, "/all");
  PublishLarge('a');
  // Nobody else is there.
  client.ReadFor(seconds(6));
  EXPECT_THAT(client.goaways(), IsEmpty());
}

// The socket is another matter: nothing of it is any stream's.
TEST_F(Http2WindowTest, ASocketThatTakesNothingIsClosed) {
  Start({.write_stall_timeout = milliseconds(500)});
  Http2Client client(address_, {.stream_window = 64 << 20,
                                .connection_window = 64 << 20,
                                .credits = false,
                                .tcp = {.receive_buffer_bytes = 4096}});
  Subscribe(client, "/all");
  Subscribe(client, "/all");
  for (int i = 0; i < 40; ++i) PublishLarge('a');
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kWriteStall) == 2; }));
  EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
}

// What is gathered for a socket is bounded, whatever its streams want.
TEST_F(Http2WindowTest, ASocketHoldsNoMoreThanItsOutput) {
  Start({});
  Http2Client client(address_, {.stream_window = 64 << 20,
                                .connection_window = 64 << 20,
                                .credits = false,
                                .tcp = {.receive_buffer_bytes = 4096}});
  for (int i = 0; i < 50; ++i) client.Get("/all");
  ASSERT_TRUE(WaitFor([&] { return Connections() == 50; }));
  for (int i = 0; i < 20; ++i) PublishLarge('a');
  uint64_t most = 0;
  for (int i = 0; i < 50; ++i) {
    uint64_t bytes = 0;
    for (const auto& shard : shards_) bytes += shard->stats().answer_bytes.value();
    most = std::max(most, bytes);
    client.ReadFor(milliseconds(2));
  }
  EXPECT_LE(most, 4 * Http2Wire::kMaxOutput);
}

TEST_F(Http2WindowTest, OneTurnIsOneWrite) {
  Start({});
  Http2Client client(address_, {.stream_window = 1 << 20, .connection_window = 1 << 20});
  std::vector<int32_t> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(Subscribe(client));
  Publish("1");
  // What comes in one read has been written at once: a hundred streams have it or none.
  const std::optional<std::string> bytes = client.socket().ReceiveWithin(seconds(5));
  ASSERT_TRUE(bytes.has_value());
  size_t events = 0;
  for (size_t at = 0; (at = bytes->find("data: 1\n", at)) != std::string::npos; ++at) ++events;
  EXPECT_EQ(events, 100U);
}

}  // namespace
}  // namespace ssegw::net
