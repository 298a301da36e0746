// The HTTP API of gateways that share a log: what is asked of one is done by whichever it concerns.
// The real binary, and a real nats-server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "tests/integration/two_gateways_test.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/issuer.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;

class ReplicasApiTest : public TwoGatewaysTest {
 protected:
  std::vector<std::string> Flags() const override {
    return {"--api_listen=127.0.0.1:0", "--api_token_file=" + tokens_.path()};
  }
  static HttpResponse Ask(const GatewayProcess& gateway, std::string_view method,
                          const std::string& target, const std::string& body = "") {
    return HttpExchange(gateway.api(),
                        RequestText(method, target,
                                    {{"Authorization", "Bearer secret"},
                                     {"Content-Length", std::to_string(body.size())}}) +
                            body);
  }
  static std::string BodyOf(std::string_view method) { return method == "POST" ? "x" : ""; }
  static std::string PathOf(const std::string& id) { return "/@connections/" + id; }

  const ReplacedFile tokens_{"secret\n"};
};

TEST_F(ReplicasApiTest, AConnectionOfAnotherGatewayIsWrittenToLookedAtAndClosed) {
  SseReader at_b(b_->http(), {.fields = {{"User-Agent", "Browser/1"}}});
  const std::string path = PathOf(at_b.Hello().connection);
  at_b.AwaitLive();
  EXPECT_EQ(Ask(*a_, "POST", path, "hello").status, 200);
  const SseBlock message = at_b.Event();
  EXPECT_EQ(message.data, "hello");
  EXPECT_EQ(message.id, std::nullopt);
  const HttpResponse seen = Ask(*a_, "GET", path);
  EXPECT_EQ(seen.status, 200);
  EXPECT_THAT(seen.body,
              HasSubstr(R"("identity":{"sourceIp":"127.0.0.1","userAgent":"Browser/1"})"));
  EXPECT_EQ(Ask(*a_, "GET", path).body, Ask(*b_, "GET", path).body);
  EXPECT_EQ(Ask(*a_, "DELETE", path).status, 204);
  EXPECT_EQ(at_b.Event().event, "gateway.bye");
  for (const GatewayProcess* gateway : {a_.get(), b_.get()}) {
    for (const std::string_view method : {"POST", "GET", "DELETE"}) {
      EXPECT_TRUE(WaitFor([&] {
        return Ask(*gateway, method, path, BodyOf(method)).status == 410;
      })) << method;
    }
  }
}

TEST_F(ReplicasApiTest, WhatIsPublishedAtOneReachesBrowsersOfTheOther) {
  SseReader at_b(b_->http(), {.query = "topic=builds.*"});
  at_b.AwaitLive();
  const std::string target = "/v1/publish?topic=builds.main&message_id=1";
  const HttpResponse published = Ask(*a_, "POST", target, R"({"state": "green"})");
  ASSERT_EQ(published.status, 200) << published.body;
  const SseBlock event = at_b.Event();
  EXPECT_EQ(event.data, R"({"state":"green"})");
  EXPECT_THAT(published.body, HasSubstr(base::Concat(R"({"id":")", event.id.value(), R"(",)")));
  // The repeat goes to the other one.
  const HttpResponse repeat = Ask(*b_, "POST", target, R"({"state": "green"})");
  EXPECT_EQ(repeat.body,
            base::Concat(R"({"id":")", event.id.value(), R"(","duplicate":true})", "\n"));
}

TEST_F(ReplicasApiTest, NoGatewayHasAConnectionThatNeverWasOrWhoseGatewayWasKilled) {
  const std::string at_b = PathOf(SseReader(b_->http()).Hello().connection);
  SseReader reader(b_->http());
  const std::string open = PathOf(reader.Hello().connection);
  EXPECT_EQ(Ask(*a_, "GET", open).status, 200);
  EXPECT_EQ(Ask(*a_, "GET", open + "9").status, 410);
  EXPECT_EQ(Ask(*a_, "GET", PathOf("zzzzzzzz-shard-0-1")).status, 410);
  EXPECT_TRUE(WaitFor([&] { return Ask(*a_, "GET", at_b).status == 410; })) << "it has closed";
  b_->Kill();
  for (const std::string_view method : {"POST", "GET", "DELETE"}) {
    EXPECT_EQ(Ask(*a_, method, open, BodyOf(method)).status, 410) << method;
  }
}

TEST_F(ReplicasApiTest, AGatewayThatDoesNotAnswerIsUnavailable) {
  SseReader at_b(b_->http());
  const std::string path = PathOf(at_b.Hello().connection);
  b_->Signal(SIGSTOP);
  const HttpResponse answer = Ask(*a_, "GET", path);
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_EQ(answer.Get("x-amzn-ErrorType"), "ServiceUnavailableException");
  b_->Signal(SIGCONT);
  EXPECT_TRUE(WaitFor([&] { return Ask(*a_, "GET", path).status == 200; })) << "it is back";
}

}  // namespace
}  // namespace ssegw::testing
