#include "gateway/operators/operator_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/operators/operator_files.h"
#include "internal/base/concat.h"
#include "tests/unit/http/icons.h"
#include "tests/unit/http/replies.h"

namespace ssegw::operators {
namespace {

using http::FieldOf;
using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::Connection;
using ssegateway::v1::ListConnectionsRequest;
using ssegateway::v1::ListConnectionsResponse;
using ::testing::HasSubstr;

// One connection, "r1-shard-0-1"; it remembers what it is asked.
class OneConnection final : public connections::Connections {
 public:
  static constexpr std::string_view kId = "r1-shard-0-1";

  void List(const ListConnectionsRequest& request,
            connections::Done<ListConnectionsResponse> done) override {
    listed.push_back(request);
    if (!fault.ok()) return std::move(done)(fault);
    ListConnectionsResponse response;
    response.add_connections()->set_id(std::string(kId));
    response.set_next_page_token("next");
    response.set_partial(true);
    std::move(done)(response);
  }
  void Get(const std::string& id, connections::Done<Connection> done) override {
    if (!fault.ok()) return std::move(done)(fault);
    if (id != kId) return std::move(done)(absl::NotFoundError("no such one"));
    Connection connection;
    connection.set_id(id);
    connection.set_lag_events(7);
    std::move(done)(connection);
  }
  void Send(connections::Message message, absl::AnyInvocable<void(absl::Status) &&> done) override {
    sent.push_back(std::move(message));
    if (holds_back) {
      held = std::move(done);
    } else {
      std::move(done)(fault);
    }
  }
  void Close(const CloseConnectionsRequest& request,
             connections::Done<CloseConnectionsResponse> done) override {
    closed.push_back(request);
    if (!fault.ok()) return std::move(done)(fault);
    CloseConnectionsResponse response;
    response.set_closed(request.ids(0) == kId ? 1 : 0);
    std::move(done)(response);
  }

  absl::Status fault;
  bool holds_back = false;
  absl::AnyInvocable<void(absl::Status) &&> held;
  std::vector<ListConnectionsRequest> listed;
  std::vector<connections::Message> sent;
  std::vector<CloseConnectionsRequest> closed;
};

class OperatorServiceTest : public ::testing::Test {
 protected:
  // The answer in the end, with that body for whoever wants one; a later answer is not waited for.
  net::HttpResponse Ask(std::string_view method, std::string_view target, std::string body = {},
                        std::vector<net::HttpRequest::Field> fields = kProgram) {
    fields.insert(fields.begin(), {"Host", "localhost:9090"});
    net::HttpRequest request = http::Request(method, target, std::move(fields));
    request.has_body = !body.empty();
    std::optional<net::HttpReply> reply = Service().Answer(request);
    if (!reply) return {.status = 404, .body = "not here"};
    return Finish(*std::move(reply), std::move(body));
  }
  static net::HttpResponse Finish(net::HttpReply reply, std::string body) {
    while (true) {
      if (auto* response = std::get_if<net::HttpResponse>(&reply)) return std::move(*response);
      if (auto* wants = std::get_if<net::HttpWantsBody>(&reply)) {
        EXPECT_LE(body.size(), wants->max_bytes);
        reply = wants->then(std::move(body));
      } else {
        const auto& later = std::get<net::HttpLater>(reply);
        while (later.work && later.work()) {
        }
        reply = later.finish();
      }
    }
  }

  OperatorService& Service() {
    if (!service_) {
      service_.emplace(connections_, lifecycle_,
                       OperatorOptions{.actions = actions_,
                                       .replica = "r1",
                                       .open = [] { return uint64_t{17'500}; },
                                       .publish =
                                           [this](std::string body, const std::string& peer) {
                                             published_.push_back(peer + ' ' + body);
                                             return net::HttpResponse{.body = "published"};
                                           },
                                       .max_event_body_bytes = 100});
    }
    return *service_;
  }

  static inline const std::vector<net::HttpRequest::Field> kProgram = {
      {"X-Operator", "1"}, {"Content-Type", "application/json"}};
  bool actions_ = true;
  OneConnection connections_;
  connections::Lifecycle lifecycle_{{.replica = "r1", .linger = base::Duration::zero()}};
  std::vector<std::string> published_;
  std::optional<OperatorService> service_;
};

constexpr std::string_view kOne = "/v1/connections/r1-shard-0-1";

TEST_F(OperatorServiceTest, HasAPageThatIsLockedDown) {
  const net::HttpResponse page = Ask("GET", "/connections");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(FieldOf(page.fields, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(FieldOf(page.fields, "Content-Security-Policy"),
              HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'"));
  EXPECT_EQ(Ask("GET", "//connections").status, 200);
  EXPECT_EQ(Ask("POST", "/connections").status, 405);
  EXPECT_EQ(Ask("GET", "/connections/operator.js").status, 200);
  EXPECT_EQ(Ask("GET", "/connections/app.js").body, "not here");
  EXPECT_EQ(Ask("GET", "/console/operator.js").body, "not here");
}

TEST_F(OperatorServiceTest, LeadsToThePageFromBelowIt) {
  const net::HttpResponse response = Ask("GET", "/connections/");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(FieldOf(response.fields, "Location"), "../connections");
}

TEST_F(OperatorServiceTest, HasEveryFileThatItsOwnFilesName) {
  size_t named = 0;
  for (const EmbeddedFile& file : OperatorFiles()) {
    for (const std::string_view begin : {"\"connections/", "from \"./"}) {
      for (size_t at = file.bytes.find(begin); at != std::string_view::npos;
           at = file.bytes.find(begin, at + 1)) {
        const size_t name = at + begin.size();
        const std::string path = base::Concat(
            "/connections/", file.bytes.substr(name, file.bytes.find('"', name) - name));
        EXPECT_EQ(Ask("GET", path).status, 200) << path << " in " << file.name;
        ++named;
      }
    }
  }
  EXPECT_GT(named, 10U);
}

TEST_F(OperatorServiceTest, ThePageHasTheIconsThatItShows) {
  EXPECT_THAT(http::MissingIcons(Ask("GET", "/connections").static_body), ::testing::IsEmpty());
}

TEST_F(OperatorServiceTest, SaysWhatCanBeDone) {
  EXPECT_EQ(Ask("GET", "/v1/operator").body,
            "{\"replica\":\"r1\",\"open\":\"17500\",\"operatorActions\":true}\n");
  service_.reset();
  actions_ = false;
  EXPECT_THAT(Ask("GET", "/v1/operator").body, HasSubstr("\"operatorActions\":false"));
}

TEST_F(OperatorServiceTest, ListsWithTheFieldsOfTheQuery) {
  const net::HttpResponse response =
      Ask("GET", "/v1/connections?topic=a.%3E&subject=s&page_size=2&page_token=t");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/json");
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-store");
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "(none)");
  EXPECT_THAT(response.body, HasSubstr(R"("nextPageToken":"next","partial":true)"));
  ASSERT_EQ(connections_.listed.size(), 1U);
  EXPECT_EQ(connections_.listed[0].topic(), "a.>");
  EXPECT_EQ(connections_.listed[0].page_token(), "t");
}

TEST_F(OperatorServiceTest, ListsWithoutTheFlagAndForAnybody) {
  actions_ = false;
  EXPECT_EQ(Ask("GET", "/v1/connections", "", {{"Origin", "https://evil.example"}}).status, 200);
}

TEST_F(OperatorServiceTest, GetsOneOrSaysThatItIsGone) {
  EXPECT_THAT(Ask("GET", kOne).body, HasSubstr(R"("lagEvents":"7")"));
  for (const std::string_view path : {"/v1/connections/r1-shard-0-2", "/v1/connections/a/b",
                                      "/v1/connections/%00", "/v1/connections/%22"}) {
    EXPECT_EQ(Ask("GET", path).status, 404) << path;
    EXPECT_EQ(Ask("DELETE", path).status, 404) << path;
  }
}

Connection OfAlice(std::string_view id) {
  Connection connection;
  connection.set_id(std::string(id));
  connection.set_subject("alice");
  return connection;
}

TEST_F(OperatorServiceTest, TellsTheLifeOfAConnectionThatHasClosed) {
  lifecycle_.Watch({}).IgnoreError();
  lifecycle_.Opened(OfAlice(OneConnection::kId), {}, base::Now());
  lifecycle_.Opened(OfAlice("r1-shard-0-2"), {}, base::Now());
  lifecycle_.Closed(OfAlice(OneConnection::kId), "peer_closed", base::Now());
  const net::HttpResponse response = Ask("GET", base::Concat(kOne, "/events"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-store");
  EXPECT_THAT(response.body, HasSubstr(R"({"since":"2)"));
  EXPECT_THAT(response.body,
              ::testing::ContainsRegex(
                  R"("events":\[\{"toldAt":"[^"]+","closed":\{"connection":\{"id":"r1-shard-0-1",)"
                  R"(.*"reason":"peer_closed","closedAt":"[^"]+"\}\},)"
                  R"(\{"toldAt":"[^"]+","opened":\{"connection":\{"id":"r1-shard-0-1",)"));
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("r1-shard-0-2")));
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("before")));
  EXPECT_EQ(Ask("GET", "/v1/connections/a%22/events").status, 404);
  EXPECT_EQ(Ask("DELETE", base::Concat(kOne, "/events")).status, 405);
}

TEST_F(OperatorServiceTest, FindsEventsOfASubjectAPageAtATime) {
  lifecycle_.Watch({}).IgnoreError();
  for (const std::string_view id : {"r1-shard-0-1", "r1-shard-0-2", "r1-shard-0-3"}) {
    lifecycle_.Opened(OfAlice(id), {}, base::Now());
  }
  const std::string first = Ask("GET", "/v1/lifecycle?subject=alice&limit=2").body;
  EXPECT_THAT(first, HasSubstr(R"("before":"r1.2"})"));
  const std::string second = Ask("GET", "/v1/lifecycle?subject=alice&limit=2&before=r1.2").body;
  EXPECT_THAT(second, HasSubstr("r1-shard-0-1"));
  EXPECT_THAT(second, ::testing::Not(HasSubstr("before")));
  EXPECT_THAT(Ask("GET", "/v1/lifecycle?subject=bob").body, HasSubstr(R"("events":[]})"));
  EXPECT_EQ(Ask("GET", "/v1/lifecycle?limit=0").status, 400);
}

TEST_F(OperatorServiceTest, BeginsToKeepEventsWhenTheFirstAsks) {
  lifecycle_.Opened(OfAlice("r1-shard-0-1"), {}, base::Now());
  EXPECT_FALSE(lifecycle_.wanted());
  EXPECT_THAT(Ask("GET", "/v1/lifecycle").body, HasSubstr(R"("events":[]})"));
  lifecycle_.Opened(OfAlice("r1-shard-0-2"), {}, base::Now());
  EXPECT_THAT(Ask("GET", "/v1/lifecycle").body, HasSubstr("r1-shard-0-2"));
}

TEST_F(OperatorServiceTest, SendsWhatTheBodySays) {
  const net::HttpResponse response =
      Ask("POST", kOne, R"({"type":"note","json":"{ \"a\" : [1, 2] }"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"result\":\"delivered\"}\n");
  ASSERT_EQ(connections_.sent.size(), 1U);
  EXPECT_EQ(connections_.sent[0].connection_id, OneConnection::kId);
  EXPECT_EQ(connections_.sent[0].text, R"({"a":[1,2]})");
  EXPECT_EQ(connections_.sent[0].type, "note");
  EXPECT_FALSE(connections_.sent[0].answer_when_queued);
  EXPECT_LT(connections_.sent[0].deadline, base::TimePoint::max());

  EXPECT_EQ(Ask("POST", kOne, R"({"json":"1","wait":"WAIT_QUEUED"})").body,
            "{\"result\":\"queued\"}\n");
  EXPECT_TRUE(connections_.sent[1].answer_when_queued);
}

TEST_F(OperatorServiceTest, RefusesABodyThatIsNoMessage) {
  for (const std::string_view body : {"", "{", "[]", R"({"json":"{"})", R"({"json":{}})",
                                      R"({"json":"1","to":"all"})", R"({"type":"note"})"}) {
    EXPECT_EQ(Ask("POST", kOne, std::string(body)).status, 400) << body;
  }
  EXPECT_TRUE(connections_.sent.empty());
}

TEST_F(OperatorServiceTest, SaysWhatBecameOfAMessage) {
  struct Case {
    absl::Status fault;
    int status;
  };
  for (const Case& c :
       {Case{absl::NotFoundError("gone"), 404}, Case{absl::InvalidArgumentError("too long"), 400},
        Case{absl::ResourceExhaustedError("full"), 429},
        Case{absl::DeadlineExceededError("nothing of it has been sent"), 503},
        Case{absl::UnavailableError("a replica"), 503}}) {
    connections_.fault = c.fault;
    EXPECT_EQ(Ask("POST", kOne, R"({"json":"1"})").status, c.status) << c.fault;
  }
  connections_.holds_back = true;
  EXPECT_EQ(Ask("POST", kOne, R"({"json":"1"})").status, 503) << "no answer in time";
}

TEST_F(OperatorServiceTest, ClosesOne) {
  EXPECT_EQ(Ask("DELETE", base::Concat(kOne, "?retry=30")).body, "{\"closed\":\"1\"}\n");
  ASSERT_EQ(connections_.closed.size(), 1U);
  EXPECT_EQ(connections_.closed[0].ids(0), OneConnection::kId);
  EXPECT_EQ(connections_.closed[0].retry().seconds(), 30);
  EXPECT_EQ(Ask("DELETE", "/v1/connections/r1-shard-0-2").status, 404);
  EXPECT_EQ(Ask("DELETE", base::Concat(kOne, "?retry=soon")).status, 400);
}

TEST_F(OperatorServiceTest, PublishesTheBody) {
  EXPECT_EQ(Ask("POST", "/v1/publish", R"({"topic":"a","json":"1"})").body, "published");
  EXPECT_THAT(published_, ::testing::ElementsAre(R"(192.0.2.1 {"topic":"a","json":"1"})"));
  EXPECT_EQ(Ask("GET", "/v1/publish").status, 405);
}

TEST_F(OperatorServiceTest, ChangesNothingWithoutTheFlag) {
  actions_ = false;
  for (const auto& [method, path] :
       {std::pair("POST", kOne), {"DELETE", kOne}, {"POST", "/v1/publish"}}) {
    const net::HttpResponse response = Ask(method, path, method[0] == 'P' ? R"({"json":"1"})" : "");
    EXPECT_EQ(response.status, 403) << method << path;
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr("--operator_actions"));
  }
  EXPECT_TRUE(connections_.sent.empty() && connections_.closed.empty() && published_.empty());
}

TEST_F(OperatorServiceTest, ChangesNothingForAPageOfAnotherOrigin) {
  std::vector<net::HttpRequest::Field> fields = kProgram;
  fields.push_back({"Origin", "https://evil.example"});
  for (const auto& [method, path] :
       {std::pair("POST", kOne), {"DELETE", kOne}, {"POST", "/v1/publish"}}) {
    EXPECT_EQ(Ask(method, path, method[0] == 'P' ? R"({"json":"1"})" : "", fields).status, 403);
  }
  // What its preflight would ask.
  const net::HttpResponse preflight =
      Ask("OPTIONS", kOne, "", {{"Origin", "https://evil.example"}});
  EXPECT_EQ(preflight.status, 405);
  EXPECT_EQ(FieldOf(preflight.fields, "Access-Control-Allow-Origin"), "(none)");
  EXPECT_TRUE(connections_.sent.empty() && connections_.closed.empty() && published_.empty());
}

TEST_F(OperatorServiceTest, LeavesOtherPathsToOthers) {
  for (const std::string_view path : {"/", "/metrics", "/v1", "/v1/events", "/v1/connection"}) {
    EXPECT_EQ(Ask("GET", path).body, "not here") << path;
  }
}

}  // namespace
}  // namespace ssegw::operators
