// Requests on the public port that do not become a stream, and those that a server must not take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kPath[] = "/v1/events";

void ExpectProblem(const HttpResponse& response, int status, const std::string& what) {
  EXPECT_EQ(response.status, status) << what;
  EXPECT_EQ(response.Get("Content-Type"), "application/problem+json") << what;
  EXPECT_EQ(NumberAt(ParseJson(response.body), "status"), status) << what;
  EXPECT_NE(StringAt(ParseJson(response.body), "title"), "") << what;
}

std::string Rejected(int code) {
  return base::Concat("requests_rejected_total{code=\"", code, "\"}");
}

TEST(RequestTest, BadParameterIsNamed) {
  struct Case {
    std::string query;
    std::string parameter;
  };
  const Case cases[] = {
      {"topic=", "topic"},
      {"topic", "topic"},
      {"topic=a&topic=", "topic"},
      {"topic=a..b", "topic"},
      {"topic=a.%3E.b", "topic"},
      {"topic=a*", "topic"},
      {"topic=%C3%A9", "topic"},
      {"topic=%FF", "topic"},
      {"topic=%4", "topic"},
      {"topic=" + std::string(256, 'a'), "topic"},
      {"mode=fast", "mode"},
      {"mode=", "mode"},
      {"mode=all&mode=latest", "mode"},
      {"start=yesterday", "start"},
      {"maxRate=0", "maxRate"},
      {"maxRate=-1", "maxRate"},
      {"maxRate=often", "maxRate"},
      {"maxRate=nan", "maxRate"},
      {"maxRate=inf", "maxRate"},
      {"maxRate=1&mode=all", "maxRate"},
      {"envelope=2", "envelope"},
      {"envelope=true", "envelope"},
      {"heartbeat=on", "heartbeat"},
      {"heartbeat=", "heartbeat"},
      {"heartbeat=event&heartbeat=comment", "heartbeat"},
      {"heartbeatInterval=0", "heartbeatInterval"},
      {"heartbeatInterval=0.5", "heartbeatInterval"},
      {"heartbeatInterval=301", "heartbeatInterval"},
      {"heartbeatInterval=15s", "heartbeatInterval"},
      {"heartbeatInterval=", "heartbeatInterval"},
      {"heartbeatInterval=5&heartbeatInterval=5", "heartbeatInterval"},
      {"lastEventId=%G0", "lastEventId"},
  };
  const GatewayProcess gateway;
  for (const Case& c : cases) {
    const HttpResponse response = HttpGet(gateway.http(), base::Concat(kPath, "?", c.query));
    ExpectProblem(response, 400, c.query);
    const auto problem = ParseJson(response.body);
    EXPECT_EQ(StringAt(problem, "parameter"), c.parameter) << c.query;
    EXPECT_THAT(StringAt(problem, "detail"), HasSubstr(c.parameter)) << c.query;
  }
  EXPECT_EQ(gateway.Scrape()[Rejected(400)], static_cast<double>(std::size(cases)));
  EXPECT_EQ(gateway.Scrape()["connections_opened_total"], 0);
}

TEST(RequestTest, ParameterThatWasMeantToBeAnotherIsNamedWithIt) {
  struct Case {
    std::string query;
    std::string parameter;
    std::string meant;
  };
  const Case cases[] = {
      {"Topic=a", "Topic", "topic"},
      {"topics=a", "topics", "topic"},
      {"topic[]=a", "topic[]", "topic"},
      {"topic%5B%5D=a&topic%5B%5D=b", "topic[]", "topic"},
      {"topic%5b0%5d=a", "topic[0]", "topic"},
      {"mode=all&Topics[]=a", "Topics[]", "topic"},
      {"mode=all&amp;topic=a", "amp;topic", "topic"},
      {"maxrate=1", "maxrate", "maxRate"},
      {"max_rate=1", "max_rate", "maxRate"},
      {"heart_beat_interval=5", "heart_beat_interval", "heartbeatInterval"},
      {"lasteventid=x", "lasteventid", "lastEventId"},
  };
  const GatewayProcess gateway;
  for (const Case& c : cases) {
    for (const bool snapshot : {false, true}) {
      // Of a snapshot, topic alone is a parameter.
      if (snapshot && c.meant != "topic") continue;
      const std::string path = snapshot ? "/v1/snapshot" : kPath;
      const HttpResponse response = HttpGet(gateway.http(), base::Concat(path, "?", c.query));
      ExpectProblem(response, 400, c.query);
      const auto problem = ParseJson(response.body);
      EXPECT_EQ(StringAt(problem, "parameter"), c.parameter) << c.query;
      EXPECT_THAT(StringAt(problem, "detail"), HasSubstr("did you mean " + c.meant + "?"));
    }
  }
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot?Mode=all&maxrate=1").status, 200);
}

TEST(RequestTest, UnknownParametersAreIgnored) {
  const GatewayProcess gateway;
  for (const char* query : {"utm_source=x", "_=17&t=1&ts=2&token=x&state=y", "filter=..", "&&", "=",
                            "%FF=1", "a=b=c&topic=a", "top[]=1&room[0]=2"}) {
    EXPECT_NO_THROW(SseReader(gateway.http(), {.query = query})) << query;
  }
}

TEST(RequestTest, RefusalsHaveTheirStatusAndAProblem) {
  struct Case {
    const char* name;
    std::string request;
    int status;
  };
  const std::string host = "Host: localhost\r\n";
  const std::string get = base::Concat("GET ", kPath, " HTTP/1.1\r\n");
  const Case cases[] = {
      {"no such path", RequestText("GET", "/nothing/here"), 404},
      {"a path that goes on", RequestText("GET", "/v1/events/x"), 404},
      {"a path with dots", RequestText("GET", "/console/../v1/events"), 404},
      {"a path with encoded dots", RequestText("GET", "/console/%2e%2e/v1/events"), 404},
      {"a path with an encoded slash and dots", RequestText("GET", "/console/..%2Fv1/events"), 404},
      {"a path encoded twice", RequestText("GET", "/v1/%2565vents"), 404},
      {"a path with a broken escape", RequestText("GET", "/v1/events%"), 404},
      {"metrics", RequestText("GET", "/metrics"), 404},
      {"healthz", RequestText("GET", "/healthz"), 404},
      {"readyz", RequestText("GET", "/readyz"), 404},
      {"POST", RequestText("POST", kPath, {{"Content-Length", "0"}}), 405},
      {"DELETE", RequestText("DELETE", "/v1/snapshot"), 405},
      {"an unknown method", RequestText("BREW", kPath), 405},
      {"Accept: text/html", RequestText("GET", kPath, {{"Accept", "text/html"}}), 406},
      {"Accept with q=0", RequestText("GET", kPath, {{"Accept", "text/event-stream;q=0"}}), 406},
      {"POST with a body", RequestText("POST", kPath, {{"Content-Length", "5"}}), 405},
      {"POST with a body of any length",
       RequestText("POST", "/v1/snapshot", {{"Content-Length", "1000000000000"}}), 405},
      {"POST with a chunked body", RequestText("PUT", "/", {{"Transfer-Encoding", "chunked"}}),
       405},
      {"POST with a body to nothing", RequestText("POST", "/no", {{"Content-Length", "5"}}), 404},
      {"CONNECT", RequestText("CONNECT", "gateway:443"), 405},
      {"a body", RequestText("GET", kPath, {{"Content-Length", "5"}}), 413},
      {"OPTIONS with a body", RequestText("OPTIONS", kPath, {{"Content-Length", "5"}}), 413},
      {"a chunked body", RequestText("GET", kPath, {{"Transfer-Encoding", "chunked"}}), 413},
      {"Content-Length and Transfer-Encoding",
       RequestText("GET", kPath, {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}), 400},
      {"Transfer-Encoding and Content-Length: 0",
       RequestText("GET", kPath, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "0"}}), 400},
      {"two lengths", RequestText("GET", kPath, {{"Content-Length", "0"}, {"Content-Length", "0"}}),
       400},
      {"a list of lengths", RequestText("GET", kPath, {{"Content-Length", "5, 6"}}), 400},
      {"a negative length", RequestText("GET", kPath, {{"Content-Length", "-1"}}), 400},
      {"two hosts", get + host + host + "\r\n", 400},
      {"no host", get + "\r\n", 400},
      {"a host that is none", get + "Host: a b\r\n\r\n", 400},
      {"an empty host", get + "Host:\r\n\r\n", 400},
      {"a folded field", get + host + "A: b\r\n c\r\n\r\n", 400},
      {"a space before the colon", get + host + "A : b\r\n\r\n", 400},
      {"a NUL in a field", get + host + std::string("A: b\0c\r\n\r\n", 10), 400},
      {"a bare CR in a field", get + host + "A: b\rc\r\n\r\n", 400},
      {"HTTP/1.2", base::Concat("GET ", kPath, " HTTP/1.2\r\n", host, "\r\n"), 400},
      {"HTTP/0.9", base::Concat("GET ", kPath, "\r\n\r\n"), 400},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n", 15), 400},
      {"no path", RequestText("GET", "v1/events"), 400},
      {"a head over 32 KiB", RequestText("GET", kPath, {{"A", std::string(40'000, 'a')}}), 431},
      {"a target over 32 KiB",
       RequestText("GET", base::Concat(kPath, "?", std::string(40'000, 'a'))), 431},
  };
  const GatewayProcess gateway;
  std::map<int, double> refused;
  for (const Case& c : cases) {
    try {
      ExpectProblem(HttpExchange(gateway.http(), c.request), c.status, c.name);
    } catch (const std::exception& e) {
      ADD_FAILURE() << c.name << ": " << e.what();
    }
    ++refused[c.status];
  }
  const Metrics metrics = gateway.Scrape();
  for (const auto& [code, count] : refused) EXPECT_EQ(metrics[Rejected(code)], count) << code;
}

TEST(RequestTest, EverySpellingOfAPathIsThatPath) {
  const GatewayProcess gateway;
  for (const char* path : {"/v1/events/", "//v1/events", "/v1//events", "/v1/%65vents",
                           "/v1%2Fevents", "/%2fv1/events", "/sse/", "//sse", "/%73%73e",
                           "http://localhost/v1/events", "http://localhost//sse/"}) {
    EXPECT_NO_THROW(SseReader(gateway.http(), {.query = "topic=a", .path = path})) << path;
  }
  for (const char* path : {"/v1/snapshot/", "//v1/snapshot?topic=a", "/v1/sn%61pshot", "//",
                           "//console/app.js", "/console//app.js", "/console/app%2Ejs"}) {
    EXPECT_EQ(HttpGet(gateway.http(), path).status, 200) << path;
  }
}

TEST(RequestTest, MethodNotAllowedSaysWhatIs) {
  const GatewayProcess gateway;
  EXPECT_EQ(HttpExchange(gateway.http(), RequestText("PUT", kPath)).Get("Allow"),
            "GET, HEAD, OPTIONS");
}

// As the many clients do that read the answer only when all has been written.
TEST(RequestTest, MethodNotAllowedIsReadByWhoSendsTheWholeBodyFirst) {
  constexpr size_t kBytes = 16 * 1024 * 1024;
  const GatewayProcess gateway;
  for (const std::string& address : {gateway.http(), gateway.admin()}) {
    const std::string path = address == gateway.admin() ? "/metrics" : kPath;
    for (const bool chunked : {false, true}) {
      HttpConnection connection(address);
      const std::string bytes(kBytes, 'x');
      if (chunked) {
        connection.Send(RequestText("POST", path, {{"Transfer-Encoding", "chunked"}}));
        connection.Send("1000000\r\n" + bytes + "\r\n0\r\n\r\n");
      } else {
        connection.Send(RequestText("POST", path, {{"Content-Length", base::Concat(kBytes)}}));
        connection.Send(bytes);
      }
      const HttpResponse response = connection.ReadResponse();
      ExpectProblem(response, 405, path);
      EXPECT_NE(response.Get("Allow"), "");
      EXPECT_EQ(response.Get("Connection"), "close");
      EXPECT_TRUE(connection.IsClosed());
    }
  }
}

TEST(RequestTest, BodyIsNotTakenForTheNextRequest) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  connection.Send(RequestText("POST", kPath, {{"Content-Length", "500"}}) +
                  RequestText("GET", "/v1/snapshot"));
  EXPECT_EQ(connection.ReadResponse().status, 405);
  EXPECT_TRUE(connection.IsClosed());
}

TEST(RequestTest, EmptyLinesBeforeARequestCountForItsHead) {
  const GatewayProcess gateway;
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "\r\n";
  HttpConnection some(gateway.http());
  some.Send(lines + RequestText("GET", "/v1/snapshot"));
  EXPECT_EQ(some.ReadResponse().status, 200);
  HttpConnection many(gateway.http());
  for (int i = 0; i < 200; ++i) many.Send(lines);
  EXPECT_EQ(many.ReadResponse().status, 431);
  EXPECT_TRUE(many.IsClosed());
}

TEST(RequestTest, FieldsThatAreListsAreReadOverAllLines) {
  const GatewayProcess gateway;
  EXPECT_NO_THROW(SseReader(
      gateway.http(), {.fields = {{"Accept", "text/html"}, {"Accept", "text/event-stream"}}}));
  EXPECT_EQ(
      HttpGet(gateway.http(), kPath, {{"Accept", "text/html"}, {"Accept", "text/event-stream;q=0"}})
          .status,
      406);
  const std::string etag = HttpGet(gateway.http(), "/").Get("ETag");
  EXPECT_EQ(
      HttpGet(gateway.http(), "/", {{"If-None-Match", "\"x\""}, {"If-None-Match", etag}}).status,
      304);
  EXPECT_EQ(HttpGet(gateway.http(), "http://localhost?topic=a").Get("Content-Type"),
            "text/html; charset=utf-8");
}

TEST(RequestTest, AmbiguousRequestEndsTheConnection) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  // What follows would be a second request to a reader that goes by the other length.
  connection.Send(RequestText("GET", "/v1/snapshot",
                              {{"Content-Length", "4"}, {"Transfer-Encoding", "chunked"}}));
  connection.Send("0\r\n\r\n" + RequestText("GET", "/v1/snapshot"));
  const HttpResponse response = connection.ReadResponse();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.Get("Connection"), "close");
  EXPECT_TRUE(connection.IsClosed());
}

TEST(RequestTest, AcceptThatAllowsEventStreamIsServed) {
  const GatewayProcess gateway;
  for (const char* accept : {"text/event-stream", "*/*", "text/*;q=0.1", "text/html, */*;q=0.1"}) {
    EXPECT_NO_THROW(SseReader(gateway.http(), {.fields = {{"Accept", accept}}})) << accept;
  }
}

TEST(RequestTest, HeadHasTheFieldsOfGetAndNoBody) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  connection.Send(RequestText("HEAD", kPath));
  const HttpResponse events = connection.ReadResponse(/*head_only=*/true);
  EXPECT_EQ(events.status, 200);
  EXPECT_EQ(events.Get("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(gateway.Scrape()["connections_opened_total"], 0);
  // On the same connection: a body would be taken for the next head.
  const HttpResponse get = connection.Get("/v1/snapshot");
  connection.Send(RequestText("HEAD", "/v1/snapshot"));
  const HttpResponse head = connection.ReadResponse(/*head_only=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Get("Content-Length"), get.Get("Content-Length"));
  EXPECT_EQ(head.Get("ETag"), get.Get("ETag"));
  connection.Send(RequestText("HEAD", "/nothing"));
  EXPECT_EQ(connection.ReadResponse(/*head_only=*/true).status, 404);
}

TEST(RequestTest, OptionsSaysWhatThereIs) {
  const GatewayProcess gateway;
  for (const char* target : {kPath, "/v1/snapshot", "/sse", "*"}) {
    const HttpResponse response = HttpExchange(gateway.http(), RequestText("OPTIONS", target));
    EXPECT_EQ(response.status, 204) << target;
    EXPECT_EQ(response.Get("Allow"), "GET, HEAD, OPTIONS") << target;
  }
}

TEST(RequestTest, PipelinedRequestsAreAnsweredInOrder) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  connection.Send(RequestText("GET", "/v1/snapshot") + RequestText("GET", "/nothing") +
                  RequestText("OPTIONS", kPath) + RequestText("GET", kPath));
  EXPECT_EQ(connection.ReadResponse().status, 200);
  EXPECT_EQ(connection.ReadResponse().status, 404);
  EXPECT_EQ(connection.ReadResponse().status, 204);
  EXPECT_EQ(connection.ReadHead().Get("Content-Type"), "text/event-stream; charset=utf-8");
}

TEST(RequestTest, ThousandsOfPipelinedRequestsAreAnswered) {
  constexpr int kRequests = 3000;
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += RequestText("HEAD", "/sse");
  connection.Send(requests);
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(connection.ReadResponse(/*head_only=*/true).status, 200) << i;
  }
}

TEST(RequestTest, HeadMayArriveInAnyPieces) {
  const GatewayProcess gateway;
  const std::string request = "\r\n" + RequestText("GET", "/v1/snapshot", {{"Accept", "*/*"}});
  for (size_t cut = 1; cut < request.size(); ++cut) {
    HttpConnection connection(gateway.http());
    connection.Send(request.substr(0, cut));
    // Answered only when what was sent before has been read: so that the pieces stay apart.
    HttpGet(gateway.http(), "/nothing");
    connection.Send(request.substr(cut));
    EXPECT_EQ(connection.ReadResponse().status, 200) << "cut after " << cut << " bytes";
  }
}

TEST(RequestTest, HeadMayArriveByteByByte) {
  const GatewayProcess gateway({"--threads=1"});
  HttpConnection connection(gateway.http());
  for (const char byte : RequestText("GET", "/v1/snapshot", {{"Accept", "*/*"}})) {
    connection.Send(std::string(1, byte));
    HttpGet(gateway.http(), "/nothing");
  }
  EXPECT_EQ(connection.ReadResponse().status, 200);
}

TEST(RequestTest, HeadThatIsTooSlowIsToldAndClosed) {
  const GatewayProcess gateway({"--request_header_timeout=300ms"});
  for (const char* begun : {"", "GET /v1/events HTTP/1.1\r\nHo"}) {
    HttpConnection connection(gateway.http());
    connection.Send(begun);
    const HttpResponse response = connection.ReadResponse();
    ExpectProblem(response, 408, begun);
    EXPECT_EQ(response.Get("Connection"), "close");
    EXPECT_TRUE(connection.IsClosed());
  }
}

TEST(RequestTest, TrickleOfBytesDoesNotExtendTheTimeForTheHead) {
  const GatewayProcess gateway({"--request_header_timeout=500ms"});
  HttpConnection connection(gateway.http());
  connection.Send("GET /v1/events HTTP/1.1\r\nA: ");
  std::optional<std::string> answer;
  const base::TimePoint deadline = base::Now() + kPatience;
  while (!answer && base::Now() < deadline) {
    connection.Send("a");
    answer = connection.socket().ReceiveWithin(std::chrono::milliseconds(50));
  }
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, HasSubstr(" 408 "));
}

TEST(RequestTest, ConnectionOnWhichNoFurtherRequestComesIsClosedWithoutAWord) {
  const GatewayProcess gateway({"--keepalive_timeout=300ms"});
  HttpConnection connection(gateway.http());
  EXPECT_EQ(connection.Get("/v1/snapshot").status, 200);
  EXPECT_TRUE(connection.IsClosed());
  EXPECT_EQ(gateway.Scrape()[Rejected(408)], 0);
}

TEST(RequestTest, WhatComesBehindTheRequestOfAStreamIsIgnored) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  connection.Send(RequestText("GET", kPath) + "\r\n\r\n\x16\x03 garbage" +
                  RequestText("GET", "/v1/snapshot"));
  EXPECT_EQ(connection.ReadHead().Get("Content-Type"), "text/event-stream; charset=utf-8");
  connection.ReadSome();
  connection.Send(RequestText("GET", "/v1/snapshot"));
  Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_THAT(connection.ReadSome(), HasSubstr("\ndata: "));
  EXPECT_EQ(gateway.Scrape()["connections"], 1);
}

TEST(RequestTest, RandomBytesDoNotStopIt) {
  const GatewayProcess gateway;
  std::mt19937 random(1);  // NOLINT: the same bytes each time
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 2000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    if (i % 2) bytes = RequestText("GET", kPath).substr(0, random() % 40) + bytes;
    HttpConnection connection(gateway.http());
    connection.Send(bytes);
    if (i % 3) connection.socket().Reset();
  }
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot").status, 200);
}

TEST(RequestTest, AdminPortHasNoStreams) {
  const GatewayProcess gateway;
  for (const char* path : {kPath, "/sse", "/v1/snapshot", "/"}) {
    EXPECT_EQ(HttpGet(gateway.admin(), path).status, 404) << path;
  }
}

int StatusFor(const std::string& address, const std::string& host,
              const std::string& target = "/") {
  return HttpExchange(address,
                      base::Concat("GET ", target, " HTTP/1.1\r\nHost: ", host, "\r\n\r\n"))
      .status;
}

TEST(HostTest, LoopbackListenerAnswersForLoopbackAlone) {
  const GatewayProcess gateway;
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]", "a.localhost"}) {
    EXPECT_EQ(StatusFor(gateway.http(), host), 200) << host;
  }
  for (const char* host : {"evil.example", "gateway", "10.0.0.7", "localhost.evil.example"}) {
    EXPECT_EQ(StatusFor(gateway.http(), host), 421) << host;
  }
  // The target's counts, and what a page may write of itself does not.
  EXPECT_EQ(StatusFor(gateway.http(), "localhost", "http://evil.example/"), 421);
  EXPECT_EQ(StatusFor(gateway.http(), "evil.example", "http://localhost/"), 200);
  const std::string evil =
      base::Concat("GET ", kPath, " HTTP/1.1\r\nHost: evil.example\r\n",
                   "Origin: http://evil.example\r\n", "X-Forwarded-Host: localhost\r\n\r\n");
  ExpectProblem(HttpExchange(gateway.http(), evil), 421, "a page that rebinds its name");
  EXPECT_EQ(HttpExchange(gateway.http(), "GET / HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_EQ(gateway.Scrape()[Rejected(421)], 6);
}

TEST(HostTest, ListIsWhatIsAnsweredFor) {
  const GatewayProcess gateway({"--allowed_hosts=app.example.com,*.example.org:8080"});
  EXPECT_EQ(StatusFor(gateway.http(), "APP.example.com:1"), 200);
  EXPECT_EQ(StatusFor(gateway.http(), "a.example.org:8080"), 200);
  EXPECT_EQ(StatusFor(gateway.http(), "a.example.org"), 421);
  const HttpResponse refused = HttpGet(gateway.http(), "/");
  ExpectProblem(refused, 421, "localhost");
  EXPECT_THAT(StringAt(ParseJson(refused.body), "detail"),
              HasSubstr("add localhost to --allowed_hosts"));
  EXPECT_EQ(StatusFor(gateway.admin(), "app.example.com", "/healthz"), 200);
}

TEST(HostTest, AdminPortAnswersForNoNameOfTheInternet) {
  const GatewayProcess gateway({"--allowed_hosts=*"});
  for (const char* host :
       {"10.0.0.7:9090", "localhost", "sse-gateway:9090", "sse-gateway.apps.svc.cluster.local"}) {
    EXPECT_EQ(StatusFor(gateway.admin(), host, "/metrics"), 200) << host;
  }
  for (const char* path : {"/metrics", "/healthz", "/readyz", "/debug/connections", "/"}) {
    EXPECT_EQ(StatusFor(gateway.admin(), "evil.example:9090", path), 421) << path;
  }
  EXPECT_EQ(StatusFor(gateway.http(), "evil.example"), 200);
}

TEST(HostTest, StartSaysWhatIsOpen) {
  const GatewayProcess gateway;
  EXPECT_THAT(gateway.Log(),
              HasSubstr("level=warn msg=\"open to whoever reaches it\" listeners=none "
                        "origins=any hosts=loopback"));
  const GatewayProcess closed({"--allow_origins=https://a.example"});
  EXPECT_THAT(closed.Log(), ::testing::Not(HasSubstr("level=warn")));
}

TEST(ConsoleTest, IsThereUnlessItIsTurnedOff) {
  const GatewayProcess with;
  const HttpResponse page = HttpGet(with.http(), "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.Get("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(HttpGet(with.http(), "/", {{"If-None-Match", page.Get("ETag")}}).status, 304);
  const GatewayProcess without({"--console=false"});
  EXPECT_EQ(HttpGet(without.http(), "/").status, 404);
}

}  // namespace
}  // namespace ssegw::testing
