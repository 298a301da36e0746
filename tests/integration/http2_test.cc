// HTTP/2 of the real gateway: the same answers as over HTTP/1.1, a hundred streams on a socket, and
// the end of all of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http2_client.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;

struct Question {
  std::string method;
  std::string path;
  HttpFields fields = {};
};

// Names in lower case, sorted; without what differs from request to request and what is of one
// protocol alone.
std::vector<std::pair<std::string, std::string>> Comparable(const HttpFields& fields) {
  const std::set<std::string> differ = {"date", "x-connection-id", "x-request-id", "connection",
                                        "transfer-encoding"};
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : fields) {
    const std::string lower = base::ToLower(name);
    if (!differ.contains(lower)) all.emplace_back(lower, value);
  }
  std::sort(all.begin(), all.end());
  return all;
}

// What is said of one request, as its body has it.
std::string WithoutIds(std::string body) {
  for (const std::string_view name : {"\"connection\":\"", "retry: ", "\"instance\":\""}) {
    size_t at = 0;
    while ((at = body.find(name, at)) != std::string::npos) {
      at += name.size();
      const size_t end = body.find_first_of("\"\n", at);
      body.erase(at, end - at);
    }
  }
  return body;
}

TEST(Http2Test, AnswersAreThoseOfHttp1) {
  const GatewayProcess gateway({"--allow_origins=https://a.example", "--max_connections=1"});
  Publisher publisher(gateway.grpc());
  publisher.Publish(NumberedEvent("a", "k", 1));
  const std::string json = "application/json";
  const Question questions[] = {
      {"GET", "/"},
      {"HEAD", "/"},
      {"GET", "/", {{"accept-encoding", "gzip"}}},
      {"GET", "/nothing"},
      {"GET", "/v1/snapshot"},
      {"GET", "/v1/snapshot?topic=none"},
      {"HEAD", "/v1/snapshot"},
      {"GET", "/v1/snapshot", {{"if-none-match", "*"}}},
      {"GET", "/v1/events?topic="},
      {"GET", "/v1/events?mode=fast"},
      {"GET", "/v1/events", {{"accept", json}}},
      {"GET", "/v1/events", {{"origin", "https://b.example"}}},
      {"HEAD", "/v1/events"},
      {"HEAD", "/v1/events", {{"origin", "https://a.example"}}},
      {"OPTIONS",
       "/v1/events",
       {{"origin", "https://a.example"}, {"access-control-request-method", "GET"}}},
      {"OPTIONS", "/v1/snapshot", {{"origin", "https://a.example"}}},
      {"OPTIONS", "*"},
      {"DELETE", "/v1/events"},
      {"POST", "/v1/events"},
      {"POST", "/v1/tickets"},
      {"GET", "/%76%31/events?topic=a..b"},
      {"GET", "//v1/events/?topic=a..b"},
      {"GET", "/healthz"},
  };
  Http2Client client(gateway.http());
  for (const Question& question : questions) {
    SCOPED_TRACE(base::Concat(question.method, " ", question.path));
    HttpConnection connection(gateway.http());
    connection.Send(RequestText(question.method, question.path, question.fields));
    const HttpResponse over_1 = connection.ReadResponse(question.method == "HEAD");
    const int32_t stream = client.Request(question.method, question.path, question.fields);
    ASSERT_TRUE(client.ReadToEnd(stream));
    const Http2Client::Answer& over_2 = client.answer(stream);
    EXPECT_TRUE(over_2.ended);
    EXPECT_EQ(over_2.status, over_1.status);
    EXPECT_EQ(Comparable(over_2.fields), Comparable(over_1.fields));
    EXPECT_EQ(WithoutIds(over_2.body), WithoutIds(over_1.body));
  }
  // A stream, and one that is shed.
  SseReader reader(gateway.http(), {.fields = {{"Origin", "https://a.example"}}});
  reader.Next();
  const int32_t shed = client.Get("/v1/events", {{"origin", "https://a.example"}});
  ASSERT_TRUE(client.ReadToEnd(shed));
  EXPECT_EQ(client.answer(shed).status, 200);
  EXPECT_EQ(Comparable(client.answer(shed).fields), Comparable(reader.head().fields));
  EXPECT_THAT(client.answer(shed).body, HasSubstr("\"busy\""));
}

TEST(Http2Test, AHundredStreamsOfASocketHaveTheirOwnTopicsAndPlaces) {
  const GatewayProcess gateway({"--threads=1"});
  Publisher publisher(gateway.grpc());
  Http2Client client(gateway.http(), {.stream_window = 1 << 20, .connection_window = 16 << 20});
  std::vector<int32_t> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(client.Get(base::Concat("/v1/events?topic=t.", i, "&mode=all")));
  }
  for (const int32_t stream : streams) ASSERT_TRUE(client.ReadUntil(stream, "gateway.live"));
  EXPECT_EQ(gateway.Scrape()["connections"], 100);
  for (uint32_t i = 0; i < 100; ++i) {
    publisher.Publish(NumberedEvent(base::Concat("t.", i), "k", i));
  }
  for (int i = 0; i < 100; ++i) {
    const int32_t stream = streams[static_cast<size_t>(i)];
    ASSERT_TRUE(client.ReadUntil(stream, base::Concat("id: ", gateway.epoch(), "-", i + 1, "\n")));
  }
  for (const int32_t stream : streams) client.Reset(stream, 8);
  EXPECT_TRUE(gateway.WaitForMetric("connections_closed_total{reason=\"peer_closed\"}", 100));
  // Each comes back to its place.
  for (uint32_t i = 0; i < 100; ++i) {
    publisher.Publish(NumberedEvent(base::Concat("t.", i), "k", 1000 + i));
  }
  for (int i = 0; i < 100; ++i) {
    const int32_t stream =
        client.Get(base::Concat("/v1/events?topic=t.", i, "&mode=all"),
                   {{"last-event-id", base::Concat(gateway.epoch(), "-", i + 1)}});
    ASSERT_TRUE(client.ReadUntil(stream, "gateway.live"));
    EXPECT_THAT(client.answer(stream).body, HasSubstr("\"resumed\":true"));
    EXPECT_THAT(client.answer(stream).body,
                HasSubstr(base::Concat("id: ", gateway.epoch(), "-", 101 + i, "\n")));
  }
}

TEST(Http2Test, HeartbeatsComeOnEachStream) {
  const GatewayProcess gateway({"--heartbeat_interval=1s"});
  Http2Client client(gateway.http());
  const int32_t one = client.Get("/v1/events?heartbeat=event");
  const int32_t other = client.Get("/sse");
  EXPECT_TRUE(client.ReadUntil(one, "event: gateway.heartbeat\n"));
  EXPECT_TRUE(client.ReadUntil(other, "\n\n:\n"));
}

TEST(Http2Test, ADrainLeavesNoStreamBehind) {
  const GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1s"});
  Http2Client client(gateway.http());
  std::vector<int32_t> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(client.Get("/sse"));
  for (const int32_t stream : streams) ASSERT_TRUE(client.ReadUntil(stream, "gateway.live"));
  gateway.Terminate();
  EXPECT_TRUE(client.ReadToClose());
  for (const int32_t stream : streams) {
    EXPECT_TRUE(client.answer(stream).ended);
    EXPECT_FALSE(client.answer(stream).reset);
    EXPECT_THAT(client.answer(stream).body, HasSubstr("\"drain\""));
  }
  ASSERT_EQ(client.goaways().size(), 2U);
  EXPECT_EQ(client.goaways()[0].last_stream, 0x7fffffff);
  EXPECT_EQ(client.goaways()[1].last_stream, streams.back());
}

TEST(Http2Test, TheLimitOfStreamsIsAFlag) {
  const GatewayProcess gateway({"--http2_max_streams=7"});
  Http2Client client(gateway.http());
  const int32_t stream = client.Get("/sse");
  ASSERT_TRUE(client.ReadUntil(stream, "gateway.live"));
  EXPECT_EQ(client.setting(3), 7U);
}

}  // namespace
}  // namespace ssegw::testing
