#include "gateway/api/api_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/api/fakes.h"
#include "tests/unit/http/replies.h"

namespace ssegw::api {
namespace {

using http::FieldOf;
using http::Request;
using Field = net::HttpRequest::Field;

class ApiServiceTest : public ::testing::Test {
 protected:
  ApiServiceTest() {
    credentials_.tokens.Set(
        std::make_shared<const auth::ApiTokens>(*auth::ApiTokens::Parse("good")));
    connections_.described.set_address("192.0.2.9");
    connections_.described.set_user_agent("a \"browser\"");
    connections_.described.mutable_opened_at()->set_seconds(1'800'000'000);
    connections_.described.mutable_opened_at()->set_nanos(7'000'000);
  }

  net::HttpReply Begin(std::string_view method, std::string_view target,
                       const std::string& body = {}, std::vector<Field> more = {}) {
    more.push_back({"Host", "gateway:8090"});
    more.push_back({"Authorization", "Bearer good"});
    const std::string length = std::to_string(body.size());
    if (!body.empty()) more.push_back({"Content-Length", length});
    net::HttpRequest request = Request(method, target, std::move(more));
    request.has_body = !body.empty();
    return service_.Handle(request);
  }
  net::HttpResponse Ask(std::string_view method, std::string_view target,
                        const std::string& body = {}, std::vector<Field> more = {}) {
    return AnswerOf(Begin(method, target, body, std::move(more)), sink_, body);
  }
  uint64_t Counted(Route route, int status) const {
    for (size_t i = 0; i < kApiAnswers.size(); ++i) {
      if (kApiAnswers[i].route == route && kApiAnswers[i].status == status) {
        return stats_.requests[i].value();
      }
    }
    return 0;
  }

  ApiCredentials credentials_;
  FakeConnections connections_;
  FakeSink sink_;
  PublishCalls publishing_{sink_, CompiledIn, {}};
  ApiStats stats_;
  ApiService service_{
      {.credentials = credentials_,
       .connections = [this]() -> connections::Connections& { return connections_; },
       .publishing = publishing_,
       .stats = stats_},
      {.max_message_bytes = 1000}};
};

void ExpectAmazon(const net::HttpResponse& response, int status, std::string_view type) {
  EXPECT_EQ(response.status, status) << response.body;
  EXPECT_EQ(FieldOf(response.fields, "x-amzn-ErrorType"), type);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/json");
  EXPECT_TRUE(response.body.starts_with("{\"message\":\"")) << response.body;
  EXPECT_EQ(FieldOf(response.fields, "x-amzn-RequestId"), "r-1");
}

TEST_F(ApiServiceTest, PostsToAConnection) {
  const net::HttpResponse response = Ask("POST", "/prod/@connections/c-1", "one\ntwo");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(connections_.sent.size(), 1U);
  EXPECT_EQ(connections_.sent[0].text, "one\ntwo");
  EXPECT_EQ(connections_.sent[0].type, "");
  EXPECT_FALSE(connections_.sent[0].answer_when_queued);
  EXPECT_LE(connections_.sent[0].deadline, base::Now() + ConnectionCalls::kPatience);
  EXPECT_EQ(Counted(Route::kPost, 200), 1U);
}

TEST_F(ApiServiceTest, DescribesAConnection) {
  net::HttpResponse response = Ask("GET", "/@connections/c-1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            "{\"connectedAt\":\"2027-01-15T08:00:00.007Z\","
            "\"lastActiveAt\":\"2027-01-15T08:00:00.007Z\","
            "\"identity\":{\"sourceIp\":\"192.0.2.9\",\"userAgent\":\"a \\\"browser\\\"\"}}\n");
  connections_.described.mutable_last_write_at()->set_seconds(1'800'000'001);
  response = Ask("GET", "/@connections/c-1");
  EXPECT_NE(response.body.find("\"lastActiveAt\":\"2027-01-15T08:00:01.000Z\""), std::string::npos);
}

TEST_F(ApiServiceTest, ClosesAConnection) {
  const net::HttpResponse response = Ask("DELETE", "/%40connections/c%2D1");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(connections_.asked, std::vector<std::string>{"close c-1"});
  EXPECT_EQ(Counted(Route::kDelete, 204), 1U);
}

TEST_F(ApiServiceTest, AConnectionThatIsNotThereIsGone) {
  for (const char* id : {"c-2", "L0SM9cOFvHcCIhw%3D", "a%2Fb", "%zz", "%00"}) {
    const std::string target = std::string("/@connections/") + id;
    ExpectAmazon(Ask("POST", target, "x"), 410, "GoneException");
    ExpectAmazon(Ask("GET", target), 410, "GoneException");
    ExpectAmazon(Ask("DELETE", target), 410, "GoneException");
  }
  for (const std::string& asked : connections_.asked) EXPECT_TRUE(asked.ends_with(" c-2")) << asked;
  // A browser that has left is no news.
  EXPECT_EQ(Ask("GET", "/@connections/c-2").refusal, "");
}

TEST_F(ApiServiceTest, FaultsOfAMessageAreAmazons) {
  ExpectAmazon(Ask("POST", "/@connections/c-1", std::string(1001, 'x')), 413,
               "PayloadTooLargeException");
  EXPECT_TRUE(connections_.asked.empty());
  EXPECT_EQ(Ask("POST", "/@connections/c-1", std::string(1000, 'x')).status, 200);
  ExpectAmazon(Ask("POST", "/@connections/c-1", "\xFF"), 400, "BadRequestException");
  ExpectAmazon(Ask("POST", "/@connections/c-1"), 400, "BadRequestException");
  connections_.fault = absl::ResourceExhaustedError("full");
  ExpectAmazon(Ask("POST", "/@connections/c-1", "x"), 429, "LimitExceededException");
  connections_.fault = absl::DeadlineExceededError("stuck");
  ExpectAmazon(Ask("POST", "/@connections/c-1", "x"), 429, "LimitExceededException");
  connections_.fault = absl::InvalidArgumentError("too long");
  ExpectAmazon(Ask("POST", "/@connections/c-1", "x"), 413, "PayloadTooLargeException");
  connections_.fault = absl::UnavailableError("another gateway");
  ExpectAmazon(Ask("POST", "/@connections/c-1", "x"), 503, "ServiceUnavailableException");
  ExpectAmazon(Ask("DELETE", "/@connections/c-1"), 503, "ServiceUnavailableException");
}

TEST_F(ApiServiceTest, AMessageThatIsFarTooLongIsNotRead) {
  net::HttpRequest request = Request(
      "POST", "/@connections/c-1",
      {{"Host", "gateway"}, {"Authorization", "Bearer good"}, {"Content-Length", "1000000000"}});
  request.has_body = true;
  ExpectAmazon(std::get<net::HttpResponse>(service_.Handle(request)), 413,
               "PayloadTooLargeException");
}

TEST_F(ApiServiceTest, AMessageThatIsBeingTakenAtItsDeadlineIsAccepted) {
  connections_.holds_back = true;
  net::HttpReply reply = Begin("POST", "/@connections/c-1", "x");
  reply = std::get<net::HttpWantsBody>(reply).then("x");
  auto& later = std::get<net::HttpLater>(reply);
  EXPECT_GT(later.patience, ConnectionCalls::kPatience);
  later.start([] {});
  EXPECT_EQ(std::get<net::HttpResponse>(later.finish()).status, 200);
  std::move(connections_.held)(absl::OkStatus());
}

TEST_F(ApiServiceTest, WhoIsTurnedAwayHearsItInTheFormOfThePath) {
  net::HttpRequest request =
      Request("POST", "/@connections/c-1", {{"Host", "gateway"}, {"Authorization", "Bearer bad"}});
  net::HttpResponse response = std::get<net::HttpResponse>(service_.Handle(request));
  ExpectAmazon(response, 401, "UnauthorizedException");
  EXPECT_EQ(FieldOf(response.fields, "WWW-Authenticate"), "Bearer");
  EXPECT_NE(response.refusal, "");
  EXPECT_EQ(response.address, "192.0.2.1");
  request.fields = {{"Host", "gateway"}, {"Cookie", "a=b"}};
  ExpectAmazon(std::get<net::HttpResponse>(service_.Handle(request)), 403, "ForbiddenException");
  request.target = "/v1/publish";
  response = std::get<net::HttpResponse>(service_.Handle(request));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
  EXPECT_EQ(Counted(Route::kNone, 403), 2U);
  EXPECT_TRUE(connections_.asked.empty());
  EXPECT_TRUE(sink_.events.empty());
}

TEST_F(ApiServiceTest, Publishes) {
  const net::HttpResponse response = Ask("POST", "/v1/publish?topic=a", "1",
                                         {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"id\":\"e-1\",\"duplicate\":false}\n");
  EXPECT_EQ(sink_.events.at(0).topic(), "a");
  EXPECT_EQ(Ask("POST", "/v1/publish?topic=a", "1\n2\n",
                {{"Content-Type", "Application/X-NDJSON ; charset=utf-8"}})
                .body,
            "{\"id\":\"e-2\",\"duplicate\":false}\n{\"id\":\"e-3\",\"duplicate\":false}\n");
  EXPECT_EQ(Counted(Route::kPublish, 200), 2U);
  EXPECT_EQ(Ask("POST", "/v1/publish").status, 400);
}

TEST_F(ApiServiceTest, OtherMethodsAndPathsAreRefusedWithoutFieldsForPages) {
  net::HttpResponse response = Ask("OPTIONS", "/v1/publish");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FieldOf(response.fields, "Allow"), "POST");
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "(none)");
  response = Ask("PUT", "/@connections/c-1");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FieldOf(response.fields, "Allow"), "GET, POST, DELETE");
  for (const char* target : {"/", "/@connections", "/@connections/", "/v1/events", "/metrics"}) {
    EXPECT_EQ(Ask("GET", target).status, 404) << target;
  }
  ExpectAmazon(Ask("GET", "/@connections/c-1", "body"), 413, "PayloadTooLargeException");
  EXPECT_EQ(Counted(Route::kNone, 404), 5U);
  EXPECT_EQ(Counted(Route::kNone, 405), 2U);
  EXPECT_EQ(Counted(Route::kNone, 413), 1U);
  EXPECT_EQ(service_.Refuse(431, "too long").status, 431);
  EXPECT_EQ(Counted(Route::kNone, 431), 1U);
}

}  // namespace
}  // namespace ssegw::api
