// HTTP/2 over real sockets: requests, streams, their ends, and what the gateway does when it
// leaves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/http2_fixture.h"

namespace ssegw::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::Http2Client;
using ::testing::IsEmpty;
using testing::WaitFor;

using Http2SessionTest = Http2Test;

TEST_F(Http2SessionTest, ARequestIsAStreamWithASubscription) {
  Start({});
  Http2Client client(address_);
  const int32_t one = Subscribe(client);
  const int32_t other = Subscribe(client);
  EXPECT_EQ(Connections(), 2U);
  EXPECT_EQ(Sockets(), 1U);
  EXPECT_NE(client.answer(one).Get("x-connection-id"), client.answer(other).Get("x-connection-id"));
  EXPECT_EQ(client.answer(one).Get("connection"), "");
  Publish("1");
  EXPECT_TRUE(client.ReadUntil(one, "data: 1\n"));
  EXPECT_TRUE(client.ReadUntil(other, "data: 1\n"));
  client.Reset(one, kCancelCode);
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kPeerClosed) == 1; }));
  Publish("2");
  EXPECT_TRUE(client.ReadUntil(other, "data: 2\n"));
  EXPECT_THAT(client.answer(one).body, Not(HasSubstr("data: 2")));
}

// DESIGN 5.6: what SETTINGS say.
TEST_F(Http2SessionTest, SaysWhatItTakes) {
  Start({});
  Http2Client client(address_);
  Subscribe(client);
  EXPECT_EQ(client.setting(3), 100U) << "MAX_CONCURRENT_STREAMS";
  EXPECT_EQ(client.setting(4), 64U * 1024) << "INITIAL_WINDOW_SIZE";
  EXPECT_EQ(client.setting(1), 4096U) << "HEADER_TABLE_SIZE";
  EXPECT_EQ(client.setting(6), 32U * 1024) << "MAX_HEADER_LIST_SIZE";
}

TEST_F(Http2SessionTest, OneStreamMoreThanTheLimitIsRefusedAndTheOthersGoOn) {
  Start({.max_http2_streams = 3});
  // Byte by byte, since a client that knows the limit keeps to it.
  Client client(address_);
  client.Send(testing::Http2Preface() + testing::Http2Frame(kSettingsFrame, 1, 0, ""));
  for (int i = 0; i < 3; ++i) client.Send(testing::Http2Request(2 * i + 1, "/sse"));
  ASSERT_TRUE(WaitFor([&] { return Connections() == 3; }));
  client.Send(testing::Http2Request(7, "/sse"));
  EXPECT_TRUE(
      client.ReadUntil(testing::Http2Frame(kResetFrame, 0, 7, std::string_view("\0\0\0\x07", 4))));
  Publish("1");
  EXPECT_TRUE(client.ReadUntil("data: 1\n"));
  EXPECT_EQ(Connections(), 3U);
  // One that leaves makes a place.
  client.Send(testing::Http2Frame(kResetFrame, 0, 3, std::string_view("\0\0\0\x08", 4)));
  ASSERT_TRUE(WaitFor([&] { return Connections() == 2; }));
  client.Send(testing::Http2Request(9, "/sse"));
  EXPECT_TRUE(WaitFor([&] { return Connections() == 3; }));
}

// Firefox closes an EventSource for good if its connection is lost between the two.
TEST_F(Http2SessionTest, TheHeadAndTheFirstDataAreOnePacket) {
  Start({});
  Client client(address_);
  client.Send(testing::Http2Preface() + testing::Http2Request(1, "/sse"));
  // The head of HEADERS: END_HEADERS, stream 1.
  ASSERT_TRUE(client.ReadUntil(std::string_view("\x01\x04\0\0\0\x01", 6)));
  EXPECT_THAT(client.received(), EndsWith(kLive));
}

TEST_F(Http2SessionTest, WhatComesCutAtAnyByteIsTheSame) {
  Start({});
  const std::string all = testing::Http2Preface() + testing::Http2Request(1, "/text") +
                          testing::Http2Frame(kPingFrame, 0, 0, "12345678") +
                          testing::Http2Request(3, "/text");
  for (size_t cut = 1; cut < all.size(); cut += 3) {
    Client client(address_);
    client.Send(all.substr(0, cut));
    // So that it comes apart.
    client.IsReadableWithin(milliseconds(2));
    client.Send(all.substr(cut));
    EXPECT_TRUE(client.ReadUntil(testing::Http2Frame(kDataFrame, 0, 1, "text"))) << cut;
    EXPECT_TRUE(client.ReadUntil(testing::Http2Frame(kDataFrame, 0, 3, "text"))) << cut;
    EXPECT_TRUE(client.ReadUntil(testing::Http2Frame(kPingFrame, 1, 0, "12345678"))) << cut;
  }
}

TEST_F(Http2SessionTest, AnswersAreWhole) {
  Start({});
  Http2Client client(address_, {.stream_window = 8 << 20, .connection_window = 8 << 20});
  const int32_t text = client.Get("/text");
  const int32_t head = client.Request("HEAD", "/large");
  const int32_t stream_head = client.Request("HEAD", "/sse");
  const int32_t large = client.Get("/large");
  for (const int32_t stream : {text, large, head, stream_head}) {
    EXPECT_TRUE(client.ReadToEnd(stream));
    EXPECT_EQ(client.answer(stream).status, 200);
    EXPECT_TRUE(client.answer(stream).ended);
  }
  EXPECT_EQ(client.answer(text).body, "text");
  EXPECT_EQ(client.answer(text).Get("content-length"), "4");
  EXPECT_EQ(client.answer(large).body, std::string(kLargeBytes, 'x'));
  EXPECT_EQ(client.answer(head).Get("content-length"), base::Concat(kLargeBytes));
  EXPECT_THAT(client.answer(head).body, IsEmpty());
  EXPECT_THAT(client.answer(stream_head).body, IsEmpty());
}

TEST_F(Http2SessionTest, ALargeAnswerHoldsUpNoStream) {
  Start({});
  Http2Client client(address_, {.stream_window = 8 << 20, .connection_window = 8 << 20});
  const int32_t events = Subscribe(client);
  const int32_t large = client.Get("/large");
  ASSERT_TRUE(client.ReadUntil(large, "x"));
  Publish("1");
  ASSERT_TRUE(client.ReadUntil(events, "data: 1\n"));
  EXPECT_TRUE(client.ReadToEnd(large));
  EXPECT_EQ(client.answer(large).body.size(), kLargeBytes);
}

TEST_F(Http2SessionTest, AnAnswerMayComeLater) {
  Start({});
  Http2Client client(address_);
  const int32_t stream = client.Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  ready();
  ready();
  EXPECT_TRUE(client.ReadToEnd(stream));
  EXPECT_EQ(client.answer(stream).body, "answer 1");
  const int32_t events = client.Get("/later_stream");
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  ready();
  EXPECT_TRUE(client.ReadUntil(events, kLive));
  // For one that has gone it is dropped.
  const int32_t gone = client.Get("/later");
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client.Reset(gone, kCancelCode);
  Publish("1");
  ASSERT_TRUE(client.ReadUntil(events, "data: 1\n"));
  ready();
}

TEST_F(Http2SessionTest, BodiesAreReadAsFarAsTheyAreWanted) {
  Start({});
  Http2Client client(address_);
  const auto post = [&](std::string_view path, std::string body, const testing::HttpFields& more) {
    const int32_t stream = client.Request("POST", path, more, std::move(body));
    EXPECT_TRUE(client.ReadUntil([&] { return client.answer(stream).ended; }));
    return client.answer(stream);
  };
  EXPECT_EQ(post("/body", "123", {}).body, "[123]");
  EXPECT_EQ(post("/body", "", {}).body, "[]");
  EXPECT_EQ(post("/body", "1234567890", {{"content-length", "10"}}).body, "[1234567890]");
  EXPECT_EQ(post("/body", "12345678901", {}).status, 413);
  EXPECT_EQ(post("/body", "12345678901", {{"content-length", "11"}}).status, 413);
  const int32_t none = client.Request("POST", "/body");
  EXPECT_TRUE(client.ReadToEnd(none));
  EXPECT_EQ(client.answer(none).body, "[]");
  // Nobody reads it: the answer comes all the same, and the client is told to stop.
  const int32_t unread = client.Request("POST", "/text", {}, std::string(1 << 20, 'x'));
  EXPECT_TRUE(client.ReadUntil([&] { return client.answer(unread).reset.has_value(); }));
  EXPECT_TRUE(client.answer(unread).ended);
  EXPECT_EQ(client.answer(unread).body, "text");
  EXPECT_EQ(client.answer(unread).reset, kNoErrorCode);
  EXPECT_EQ(post("/body", "still", {}).body, "[still]") << "what nobody read fills no window";
}

TEST_F(Http2SessionTest, AClientThatWaitsForContinueGetsIt) {
  Start({});
  Client client(address_);
  client.Send(testing::Http2Preface() +
              testing::Http2Request(1, "/body", /*ends=*/false, {{"expect", "100-continue"}}));
  // The head of HEADERS: END_HEADERS, stream 1. There is nothing else to say yet.
  ASSERT_TRUE(client.ReadUntil(std::string_view("\x01\x04\0\0\0\x01", 6)));
  client.Send(testing::Http2Frame(kDataFrame, 1, 1, "abc"));
  EXPECT_TRUE(client.ReadUntil("[abc]"));
}

TEST_F(Http2SessionTest, ABodyThatIsSlowIsRefused) {
  Start({.request_header_timeout = milliseconds(100)});
  Client client(address_);
  client.Send(testing::Http2Preface() + testing::Http2Request(1, "/body", /*ends=*/false));
  EXPECT_TRUE(client.ReadUntil("the request's body did not arrive in time"));
}

// Section 5.6: END_STREAM after gateway.bye, never a reset.
TEST_F(Http2SessionTest, AHealthyStreamEndsWithByeAndEndStream) {
  Start({.max_connection_age = milliseconds(200)});
  Http2Client client(address_);
  const int32_t stream = Subscribe(client);
  EXPECT_TRUE(client.ReadToEnd(stream));
  EXPECT_THAT(client.answer(stream).body, HasSubstr("event: gateway.bye"));
  EXPECT_TRUE(client.answer(stream).ended);
  EXPECT_EQ(client.answer(stream).reset, std::nullopt);
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kMaxAge) == 1; }));
  // The socket is good for others.
  EXPECT_GT(Subscribe(client), stream);
}

// More streams than a shard tells in one turn.
TEST_F(Http2SessionTest, EachStreamHearsThatTheLogIsAwayAndThatItIsBack) {
  Start({});
  constexpr size_t kClients = 6;
  constexpr size_t kStreams = 100;
  std::vector<std::unique_ptr<testing::Http2Client>> clients;
  std::vector<std::pair<testing::Http2Client*, int32_t>> streams;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<testing::Http2Client>(address_));
    for (size_t j = 0; j < kStreams; ++j) {
      streams.emplace_back(clients.back().get(), Subscribe(*clients.back()));
    }
  }
  for (const auto& shard : shards_) shard->SetStale(base::WallTime());
  for (const auto& [client, stream] : streams) {
    EXPECT_TRUE(client->ReadUntil(stream, "event: gateway.stale\n"));
  }
  for (const auto& shard : shards_) shard->SetStale(std::nullopt);
  for (const auto& [client, stream] : streams) {
    EXPECT_TRUE(client->ReadUntil(stream, "event: gateway.fresh\n"));
  }
}

TEST_F(Http2SessionTest, AShedStreamIsHeldAndEnds) {
  Start({.shed_hold = milliseconds(200)}, {.max_connections = 1});
  Http2Client client(address_);
  Subscribe(client);
  const int32_t shed = client.Get("/sse");
  EXPECT_TRUE(client.ReadUntil(shed, "\"busy\""));
  EXPECT_EQ(client.answer(shed).status, 200);
  EXPECT_FALSE(client.answer(shed).ended);
  EXPECT_TRUE(client.ReadToEnd(shed));
  EXPECT_TRUE(client.answer(shed).ended);
}

TEST_F(Http2SessionTest, NoMoreAreHeldThanABoundAllows) {
  Start({.shed_hold = seconds(600), .max_held = 2}, {.max_connections = 0});
  Http2Client client(address_);
  const int32_t first = client.Get("/sse");
  client.Get("/sse");
  const int32_t third = client.Get("/sse");
  EXPECT_TRUE(client.ReadToEnd(first)) << "the longest held makes place";
  EXPECT_TRUE(client.ReadUntil(third, "\"busy\""));
  EXPECT_FALSE(client.answer(third).ended);
}

// A stream counts for its address, whatever socket it is on.
TEST_F(Http2SessionTest, LimitsPerAddressCountStreams) {
  Start({.shed_hold = milliseconds(0)}, {.max_connections_per_ip = 2});
  Http2Client client(address_);
  Subscribe(client);
  Subscribe(client);
  const int32_t third = client.Get("/sse");
  EXPECT_TRUE(client.ReadUntil(third, "\"busy\""));
}

TEST_F(Http2SessionTest, EndsASingleAnswerForWhoeverGaveIt) {
  Start({});
  Http2Client client(address_, {.credits = false});
  const int32_t stream = client.Get("/endable");
  ASSERT_TRUE(client.ReadUntil(stream, "x"));
  service_.end_->End();
  EXPECT_TRUE(client.ReadUntil([&] { return client.answer(stream).reset.has_value(); }));
  EXPECT_EQ(client.answer(stream).reset, kCancelCode);
}

// WebKit does not notice a socket that closes over a stream.
TEST_F(Http2SessionTest, StreamsEndBeforeTheirSocketAtAShutdown) {
  Start({});
  Http2Client client(address_);
  const int32_t stream = Subscribe(client);
  for (auto& shard : shards_) shard->Stop();
  EXPECT_TRUE(client.ReadToClose());
  EXPECT_TRUE(client.answer(stream).ended);
  EXPECT_EQ(client.answer(stream).reset, std::nullopt);
}

TEST_F(Http2SessionTest, ADrainIsAnnouncedAndServesToTheEnd) {
  Start({});
  Http2Client client(address_);
  const int32_t stream = Subscribe(client);
  for (auto& shard : shards_) shard->BeginDrain();
  // In the delay before it nothing is said.
  client.ReadFor(milliseconds(50));
  EXPECT_THAT(client.goaways(), IsEmpty());
  for (auto& shard : shards_) shard->Drain(seconds(2), 0.5);
  ASSERT_TRUE(client.ReadGoaways(1));
  EXPECT_EQ(client.goaways()[0].last_stream, 0x7fffffff);
  EXPECT_EQ(client.goaways()[0].error, kNoErrorCode);
  EXPECT_TRUE(client.ReadToClose());
  EXPECT_THAT(client.answer(stream).body, HasSubstr("\"drain\""));
  EXPECT_TRUE(client.answer(stream).ended);
  ASSERT_EQ(client.goaways().size(), 2U);
  EXPECT_EQ(client.goaways()[1].last_stream, stream);
  EXPECT_EQ(client.goaways()[1].error, kNoErrorCode);
}

// What a client sent before it heard of the drain.
TEST_F(Http2SessionTest, RequestsThatComeInADrainAreToldToComeBack) {
  Start({});
  Client client(address_);
  client.Send(testing::Http2Preface() + testing::Http2Request(1, "/sse"));
  ASSERT_TRUE(client.ReadUntil(kLive));
  for (auto& shard : shards_) shard->Drain(seconds(10), 0.99);
  ASSERT_TRUE(client.ReadUntil(
      testing::Http2Frame(kGoawayFrame, 0, 0, std::string_view("\x7f\xff\xff\xff\0\0\0\0", 8))));
  client.Send(testing::Http2Request(3, "/sse"));
  EXPECT_TRUE(client.ReadUntil(testing::Http2Frame(kDataFrame, 1, 3, "")));
  EXPECT_THAT(client.received(), HasSubstr("\"drain\""));
}

TEST_F(Http2SessionTest, AnIdleSessionLeavesAtADrain) {
  Start({});
  Http2Client client(address_);
  const int32_t stream = client.Get("/text");
  ASSERT_TRUE(client.ReadToEnd(stream));
  for (auto& shard : shards_) shard->Drain(milliseconds(100), 0.5);
  EXPECT_TRUE(client.ReadToClose());
  EXPECT_EQ(client.goaways().back().last_stream, stream);
}

TEST_F(Http2SessionTest, OneThatAsksForNothingIsClosed) {
  Start({.request_header_timeout = milliseconds(100), .keepalive_timeout = milliseconds(100)});
  Client silent(address_);
  silent.Send("PRI * HTTP/2.0\r\n\r\n");
  Http2Client idle(address_);
  silent.ReadToEnd();
  EXPECT_TRUE(idle.ReadToClose());
  EXPECT_EQ(idle.goaways().back().error, kNoErrorCode);
  // One that has a stream stays.
  Http2Client busy(address_);
  const int32_t stream = Subscribe(busy);
  busy.ReadFor(milliseconds(300));
  EXPECT_FALSE(busy.closed());
  busy.Reset(stream, kCancelCode);
  EXPECT_TRUE(busy.ReadToClose());
}

size_t Pings(const Http2Client& client) {
  return static_cast<size_t>(std::ranges::count(client.frames(), kPingFrame, [](const auto& frame) {
    return frame.flags == 0 ? frame.type : kDataFrame;
  }));
}

TEST_F(Http2SessionTest, AClientThatSaysNothingIsAskedAndStaysIfItAnswers) {
  Start({.ping_after = milliseconds(20)});
  Http2Client client(address_);
  const int32_t stream = Subscribe(client);
  // Each but the last has been answered, or there would be no next.
  ASSERT_TRUE(client.ReadUntil([&] { return Pings(client) >= 4; }));
  Publish("1");
  EXPECT_TRUE(client.ReadUntil(stream, "data: 1\n"));
  EXPECT_EQ(Connections(), 1U);
}

TEST_F(Http2SessionTest, AClientThatDoesNotAnswerIsClosed) {
  Start({.ping_after = milliseconds(20), .ping_patience = milliseconds(100)});
  Client client(address_);
  const base::TimePoint begin = base::Now();
  client.Send(testing::Http2Preface() + testing::Http2Request(1, "/sse"));
  ASSERT_TRUE(client.ReadUntil(testing::Http2Frame(kPingFrame, 0, 0, std::string(8, '\0'))));
  EXPECT_EQ(Closed(CloseReason::kPeerReset), 0U);
  ASSERT_TRUE(WaitFor([&] { return Closed(CloseReason::kPeerReset) == 1; }));
  EXPECT_GE(base::Now() - begin, milliseconds(120));
  EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
}

// Any frame tells that it is there.
TEST_F(Http2SessionTest, AClientThatSendsSomethingIsNotAsked) {
  Start({.ping_after = milliseconds(500)});
  Http2Client client(address_);
  const int32_t stream = Subscribe(client);
  for (int i = 0; i < 12; ++i) {
    client.Credit(stream, 2000);
    client.ReadFor(milliseconds(60));
  }
  EXPECT_EQ(Pings(client), 0U);
}

// It comes to the PING when it has taken what was sent before.
TEST_F(Http2SessionTest, ASlowClientHasTimeToComeToThePing) {
  constexpr base::Duration kPatience = milliseconds(200);
  Start({.ping_after = milliseconds(20), .ping_patience = kPatience});
  Http2Client client(address_, {.stream_window = 8 << 20,
                                .connection_window = 8 << 20,
                                .credits = false,
                                .tcp = {.receive_buffer_bytes = 4096}});
  const int32_t stream = Subscribe(client, "/all");
  // More than all buffers hold.
  for (int i = 0; i < 5; ++i) Publish("\"" + std::string(100'000, 'x') + "\"");
  const base::TimePoint begin = base::Now();
  ASSERT_TRUE(client.ReadUntil([&] {
    std::this_thread::sleep_for(milliseconds(50));
    return Pings(client) > 0;
  }));
  EXPECT_GT(base::Now() - begin, 2 * kPatience) << "it was not slow";
  Publish("1");
  EXPECT_TRUE(client.ReadUntil(stream, "data: 1\n"));
  EXPECT_EQ(Connections(), 1U);
}

TEST_F(Http2SessionTest, HalfAHeadIsNotWaitedFor) {
  Start({.request_header_timeout = milliseconds(100)});
  Client client(address_);
  const std::string request = testing::Http2Request(1, "/sse");
  client.Send(testing::Http2Preface() + request.substr(0, request.size() - 1));
  client.ReadToEnd();
  EXPECT_EQ(Connections(), 0U);
  EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
}

TEST_F(Http2SessionTest, AnIdleOneGivesWayToOthers) {
  Start({}, {}, 2);
  Http2Client idle(address_);
  const int32_t text = idle.Get("/text");
  ASSERT_TRUE(idle.ReadToEnd(text));
  Http2Client busy(address_);
  Subscribe(busy);
  Http2Client other(address_);
  const int32_t stream = other.Get("/text");
  EXPECT_TRUE(other.ReadToEnd(stream));
  EXPECT_TRUE(idle.ReadToClose());
  EXPECT_EQ(Connections(), 1U);
}

TEST_F(Http2SessionTest, ShowsEachStreamAmongTheConnections) {
  Start({});
  Http2Client client(address_);
  Subscribe(client);
  Subscribe(client);
  const std::vector<ConnectionInfo> infos = Slowest(10);
  ASSERT_EQ(infos.size(), 2U);
  for (const ConnectionInfo& info : infos) {
    EXPECT_EQ(info.address, "127.0.0.1");
    EXPECT_TRUE(info.link.has_value());
  }
}

TEST_F(Http2SessionTest, WorkThatAResetStreamLeftBehindCounts) {
  Start({.max_http2_streams = 1});
  Client client(address_);
  client.Send(testing::Http2Preface());
  // So many that the work of one lasts.
  service_.pieces_of_work_ = 1'000'000'000;
  client.Send(testing::Http2Request(1, "/work"));
  ASSERT_TRUE(WaitFor([&] { return service_.worked_ > 0; }));
  client.Send(testing::Http2Frame(kResetFrame, 0, 1, std::string_view("\0\0\0\x08", 4)));
  client.Send(testing::Http2Request(3, "/text"));
  EXPECT_TRUE(
      client.ReadUntil(testing::Http2Frame(kResetFrame, 0, 3, std::string_view("\0\0\0\x07", 4))));
  const int before = service_.worked_;
  service_.pieces_of_work_ = 0;
  EXPECT_TRUE(WaitFor([&] { return service_.worked_ > before; }));
  int32_t stream = 5;
  EXPECT_TRUE(WaitFor([&] {
    client.Send(testing::Http2Request(stream, "/text"));
    stream += 2;
    return client.ReadSome() && client.received().find("text") != std::string::npos;
  }));
}

}  // namespace
}  // namespace ssegw::net
