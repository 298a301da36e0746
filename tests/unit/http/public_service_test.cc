#include "gateway/http/public_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"
#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Fields = std::vector<net::HttpRequest::Field>;

constexpr base::WallTime kReceived(std::chrono::milliseconds(1'700'000'000'123));

// Of events that were received then.
std::string WithTime(std::string document) {
  constexpr std::string_view kData = R"("data":)";
  constexpr std::string_view kTime = R"("time":"2023-11-14T22:13:20.123Z",)";
  for (size_t at = document.find(kData); at != std::string::npos;
       at = document.find(kData, at + kTime.size() + kData.size())) {
    document.insert(at, kTime);
  }
  return document;
}

class PublicServiceTest : public ::testing::Test {
 protected:
  PublicServiceTest() { Configure({}); }

  void Configure(const PublicServiceOptions& options) {
    service_ = std::make_unique<PublicService>(window_, options, stats_);
  }

  void Append(std::string_view topic, std::string_view key, std::string_view json,
              std::string_view type = "", bool deleted = false) {
    sse::FrameContent content;
    content.topic = topic;
    content.key = key;
    content.type = type;
    content.json = json;
    content.deleted = deleted;
    content.received_wall = kReceived;
    window_.Append(sse::Frame::Create(content));
  }

  net::HttpReply Handle(std::string_view method, std::string_view target, Fields fields = {}) {
    return service_->Handle(Request(method, target, std::move(fields)));
  }
  // Fails the test where a stream is answered.
  net::HttpResponse Respond(std::string_view method, std::string_view target, Fields fields = {}) {
    const net::HttpReply reply = Handle(method, target, std::move(fields));
    if (const auto* response = std::get_if<net::HttpResponse>(&reply)) return WithBody(*response);
    ADD_FAILURE() << method << ' ' << target << " became a stream";
    return {};
  }
  // Fails the test where no stream is answered.
  net::HttpStream Stream(std::string_view target, Fields fields = {}) {
    const net::HttpReply reply = Handle("GET", target, std::move(fields));
    if (const auto* stream = std::get_if<net::HttpStream>(&reply)) return *stream;
    ADD_FAILURE() << target << ": " << std::get<net::HttpResponse>(reply).body;
    return {};
  }

  // With the body where it looks the same, whoever owns it; static bytes stay where they are.
  static net::HttpResponse WithBody(net::HttpResponse response) {
    if (response.static_body_owner == nullptr) return response;
    response.body = response.static_body;
    response.static_body = {};
    response.static_body_owner.reset();
    return response;
  }

  uint64_t Rejected(int code) const {
    const auto* refusal = std::find_if(kRefusals.begin(), kRefusals.end(),
                                       [&](const RefusalStatus& r) { return r.code == code; });
    return stats_.requests_rejected[static_cast<size_t>(refusal - kRefusals.begin())].value();
  }
  uint64_t AllRejected() const {
    uint64_t sum = 0;
    for (const auto& counter : stats_.requests_rejected) sum += counter.value();
    return sum;
  }

  window::Window window_{"e1", {}};
  HttpStats stats_;
  std::unique_ptr<PublicService> service_;
};

TEST_F(PublicServiceTest, KnowsTheBrowsersThatKeepHalfEvents) {
  struct Case {
    const char* user_agent;
    bool keeps;
  };
  for (const Case& c :
       {Case{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
             "Gecko) "
             "Version/26.0 Safari/605.1.15",
             true},
        Case{
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
            "Safari/605.1.15",
            true},
        Case{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
             "like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
             true},
        Case{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
             "Chrome/156.0.0.0 Safari/537.36",
             false},
        Case{"Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", false},
        Case{"curl/7.88.1", false}, Case{"", false}}) {
    const net::HttpStream stream = Stream("/sse", {{"User-Agent", c.user_agent}});
    EXPECT_EQ(stream.subscription.keeps_half_events, c.keeps) << c.user_agent;
  }
}

TEST_F(PublicServiceTest, StreamsWithExactlyTheFieldsOfTheContract) {
  for (const std::string_view target : {"/v1/events", "/sse", "/sse?", "http://host/v1/events"}) {
    EXPECT_THAT(Stream(target).fields,
                UnorderedElementsAre(std::pair("Content-Type", "text/event-stream; charset=utf-8"),
                                     std::pair("Cache-Control", "no-cache, no-transform"),
                                     std::pair("X-Accel-Buffering", "no"),
                                     std::pair("X-Connection-Id", "c-1"),
                                     std::pair("X-Content-Type-Options", "nosniff"),
                                     std::pair("Access-Control-Allow-Origin", "*"),
                                     std::pair("Access-Control-Expose-Headers", "X-Connection-Id")))
        << target;
  }
  EXPECT_EQ(AllRejected(), 0U);
}

TEST_F(PublicServiceTest, EverySpellingOfAPathIsThatPath) {
  for (const std::string_view target :
       {"/v1/events/", "//v1/events", "/v1//events", "/v1/%65vents", "/v1%2Fevents", "/sse/",
        "//sse", "/%73se?topic=a", "http://host//v1/events/", "/sse/?topic=a"}) {
    Stream(target);
  }
  for (const std::string_view target :
       {"/v1/snapshot/", "//v1/snapshot", "/v1/snap%73hot?topic=a", "//", "http://host//?a",
        "//console/chart.min.js", "/console//chart.min.js", "/console/chart%2Emin.js",
        "/console/chart.min.js/"}) {
    EXPECT_EQ(Respond("GET", target).status, 200) << target;
    EXPECT_EQ(Respond("OPTIONS", target).status, 204) << target;
    EXPECT_EQ(Respond("POST", target).status, 405) << target;
  }
  EXPECT_EQ(Respond("GET", "//console/chart.min.js").fields,
            Respond("GET", "/console/chart.min.js").fields);
}

TEST_F(PublicServiceTest, StreamIsWhatWasAskedFor) {
  const fanout::SubscriptionRequest subscription =
      Stream("/v1/events?topic=a.%3E&mode=all&start=live&envelope=1&lastEventId=e1-2",
             {{"last-event-id", "e1-3"}})
          .subscription;
  EXPECT_EQ(subscription.filters.canonical(), "a.>");
  EXPECT_EQ(subscription.mode, fanout::Mode::kAll);
  EXPECT_EQ(subscription.start, fanout::Start::kLive);
  EXPECT_EQ(subscription.last_event_id, "e1-3");
  EXPECT_TRUE(subscription.envelope);
}

TEST_F(PublicServiceTest, EmptyLastEventIdFieldLetsTheQueryCount) {
  EXPECT_EQ(Stream("/sse?lastEventId=e1-2", {{"Last-Event-ID", ""}}).subscription.last_event_id,
            "e1-2");
}

TEST_F(PublicServiceTest, TakesTheDefaultModeFromItsOptions) {
  EXPECT_EQ(Stream("/sse").subscription.mode, fanout::Mode::kLatest);
  Configure({.policy = {.default_mode = fanout::Mode::kAll}});
  EXPECT_EQ(Stream("/sse").subscription.mode, fanout::Mode::kAll);
}

TEST_F(PublicServiceTest, RefusesWithTheStatusOfTheFault) {
  struct Case {
    std::string_view name;
    std::string_view method;
    std::string_view target;
    Fields fields;
    int status;
    std::string body;  // a part of it
  };
  const Case kCases[] = {
      {"bad parameter", "GET", "/v1/events?mode=x", {}, 400, R"("parameter":"mode")"},
      {"bad parameter of HEAD", "HEAD", "/sse?maxRate=0", {}, 400, R"("parameter":"maxRate")"},
      {"bad topic of the snapshot",
       "GET",
       "/v1/snapshot?topic=",
       {},
       400,
       R"("parameter":"topic")"},
      {"misspelt parameter", "GET", "/sse?Topic=a", {}, 400, R"("parameter":"Topic")"},
      {"list as PHP has it",
       "GET",
       "/v1/events?topic%5B%5D=a",
       {},
       400,
       R"(did you mean topic?","parameter":"topic[]")"},
      {"misspelt topic of the snapshot",
       "GET",
       "/v1/snapshot?topics=a",
       {},
       400,
       R"(did you mean topic?","parameter":"topics")"},
      {"no path", "GET", "sse", {}, 400, "request target"},
      {"star without OPTIONS", "GET", "*", {}, 400, "request target"},
      {"authority", "CONNECT", "host:80", {}, 405, "GET, HEAD, OPTIONS"},
      {"unknown path", "GET", "/v1/event", {}, 404, "nothing at this path"},
      {"dot segments", "GET", "/console/../sse", {}, 404, "nothing at this path"},
      {"encoded dot segments", "GET", "/console/%2e%2e/sse", {}, 404, "nothing at this path"},
      {"path encoded twice", "GET", "/%2573se", {}, 404, "nothing at this path"},
      {"path with NUL", "GET", "/sse%00", {}, 404, "nothing at this path"},
      {"path with a query mark in it", "GET", "/sse%3Ftopic=a", {}, 404, "nothing at this path"},
      {"folder of the console", "GET", "/console/", {}, 404, "nothing at this path"},
      {"path of other case", "GET", "/SSE", {}, 404, "nothing at this path"},
      {"metrics are not public", "GET", "/metrics", {}, 404, "nothing at this path"},
      {"unknown path of POST", "POST", "/nothing", {}, 404, "nothing at this path"},
      {"unknown path of OPTIONS", "OPTIONS", "/nothing", {}, 404, "nothing at this path"},
      {"POST", "POST", "/sse", {}, 405, "GET, HEAD, OPTIONS"},
      {"method of other case", "get", "/sse", {}, 405, "GET, HEAD, OPTIONS"},
      {"DELETE of the snapshot", "DELETE", "/v1/snapshot", {}, 405, "GET, HEAD, OPTIONS"},
      {"PUT of the console", "PUT", "/", {}, 405, "GET, HEAD, OPTIONS"},
      {"not acceptable", "GET", "/sse", {{"Accept", "application/json"}}, 406, "text/event-stream"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const uint64_t before = Rejected(c.status);
    const net::HttpResponse response = Respond(c.method, c.target, c.fields);
    EXPECT_EQ(response.status, c.status);
    EXPECT_THAT(response.body, HasSubstr(c.body));
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
    EXPECT_EQ(FieldOf(response.fields, "Allow"), c.status == 405 ? "GET, HEAD, OPTIONS" : "(none)");
    EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(Rejected(c.status), before + 1);
  }
  EXPECT_EQ(AllRejected(), std::size(kCases));
}

TEST_F(PublicServiceTest, AnswersHeadAsGet) {
  Append("a", "", R"({"n":1})");
  const net::HttpReply events = Handle("HEAD", "/sse");
  ASSERT_TRUE(std::holds_alternative<net::HttpStream>(events));
  EXPECT_EQ(std::get<net::HttpStream>(events).fields, Stream("/sse").fields);

  for (const std::string_view target : {"/v1/snapshot", "/", "/nothing"}) {
    const net::HttpResponse head = Respond("HEAD", target);
    const net::HttpResponse get = Respond("GET", target);
    EXPECT_EQ(head.status, get.status) << target;
    EXPECT_EQ(head.fields, get.fields) << target;
    // No document is made for it.
    if (target == "/v1/snapshot") {
      EXPECT_EQ(head.body, "");
      EXPECT_EQ(head.head_length, std::nullopt);
      EXPECT_EQ(Respond("HEAD", target).head_length, get.body.size());
      continue;
    }
    EXPECT_EQ(head.body, get.body) << target;
    EXPECT_EQ(head.static_body, get.static_body) << target;
  }
}

TEST_F(PublicServiceTest, DocumentOfManyKeysIsMadeInPiecesBetweenWhichOthersHaveTheirTurn) {
  for (int i = 0; i < 5'000; ++i) Append("a", std::to_string(i), "{}");
  net::HttpReply reply = Handle("GET", "/v1/snapshot", {{"Origin", "https://a.example"}});
  auto* later = std::get_if<net::HttpLater>(&reply);
  ASSERT_NE(later, nullptr);
  int ready = 0;
  later->start([&] { ++ready; });
  while (later->work()) EXPECT_EQ(ready, 0);
  EXPECT_EQ(ready, 1);
  const net::HttpResponse response = WithBody(std::get<net::HttpResponse>(later->finish()));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(FieldOf(response.fields, "ETag"), "\"e1-5000\"");
  EXPECT_THAT(response.body, HasSubstr(R"({"id":"e1-5000","events":[{"id":"e1-1")"));
  EXPECT_EQ(service_->documents().made(), 1U);
}

TEST_F(PublicServiceTest, DocumentThatIsNotThereInTimeIsPutOffAndCounted) {
  for (int i = 0; i < 5'000; ++i) Append("a", std::to_string(i), "{}");
  net::HttpReply reply = Handle("GET", "/v1/snapshot");
  const net::HttpReply made = std::get<net::HttpLater>(reply).finish();
  const auto& response = std::get<net::HttpResponse>(made);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(FieldOf(response.fields, "Retry-After"), "1");
  EXPECT_EQ(Rejected(429), 1U);
}

TEST_F(PublicServiceTest, RequestsOverTheRateOfTheirAddressAreRefusedAndStreamsShed) {
  Configure({.policy = {.request_rate = 2}});
  EXPECT_FALSE(Stream("/sse").over_request_rate);
  EXPECT_EQ(Respond("GET", "/").status, 200);
  const net::HttpResponse refused = Respond("GET", "/");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(FieldOf(refused.fields, "Retry-After"), "1");
  EXPECT_EQ(Respond("HEAD", "/v1/events").status, 429);
  EXPECT_EQ(Respond("POST", "/v1/events").status, 429);
  EXPECT_TRUE(Stream("//v1/%65vents").over_request_rate);
  EXPECT_EQ(Rejected(429), 3U);
}

TEST_F(PublicServiceTest, AnswersOptionsOfEverything) {
  for (const std::string_view target :
       {"*", "/v1/events", "/sse?mode=x", "/v1/snapshot", "/", "/console/chart.min.js"}) {
    SCOPED_TRACE(target);
    const net::HttpResponse response = Respond("OPTIONS", target);
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(FieldOf(response.fields, "Allow"), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(AllRejected(), 0U);
}

TEST_F(PublicServiceTest, AnswersPreflight) {
  const net::HttpResponse response =
      Respond("OPTIONS", "/v1/events",
              {{"Origin", "https://app.example"},
               {"Access-Control-Request-Method", "GET"},
               {"Access-Control-Request-Headers", "cache-control,x-trace"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.fields,
              UnorderedElementsAre(std::pair("Allow", "GET, HEAD, OPTIONS"),
                                   std::pair("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
                                   std::pair("Access-Control-Allow-Headers",
                                             "Last-Event-ID, Cache-Control, x-trace"),
                                   std::pair("Access-Control-Max-Age", "7200"),
                                   std::pair("Access-Control-Allow-Origin", "*"),
                                   std::pair("Access-Control-Expose-Headers", "X-Connection-Id")));
}

TEST_F(PublicServiceTest, RefusesPagesThatAreNotOnTheList) {
  Configure({.policy = {.allow_origins = {"https://a.example"}}});
  const Fields other = {{"Origin", "https://b.example"}};
  uint64_t expected = 0;
  for (const auto& [method, target] : {std::pair("GET", "/sse"),
                                       {"HEAD", "/sse"},
                                       {"OPTIONS", "/sse"},
                                       {"OPTIONS", "*"},
                                       {"GET", "/v1/snapshot"},
                                       {"GET", "/"},
                                       {"POST", "/sse"},
                                       {"GET", "/nothing"}}) {
    SCOPED_TRACE(target);
    const net::HttpResponse response = Respond(method, target, other);
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
    EXPECT_EQ(FieldOf(response.fields, "Vary"), "Origin");
    EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "(none)");
    EXPECT_EQ(Rejected(403), ++expected);
    EXPECT_THAT(response.body, HasSubstr(R"(Origin \"https://b.example\" is not an allowed one)"));
    EXPECT_THAT(response.refusal, HasSubstr("add https://b.example to --allow_origins"));
  }
}

TEST_F(PublicServiceTest, RefusalOfAnOddOriginIsStillAProblem) {
  Configure({.policy = {.allow_origins = {"https://a.example"}}});
  for (const std::string& origin :
       {std::string(), std::string("\xFF\t\""), "https://" + std::string(30'000, 'x')}) {
    const net::HttpResponse response = Respond("GET", "/sse", {{"Origin", origin}});
    EXPECT_EQ(response.status, 403);
    EXPECT_THAT(response.body, HasSubstr(R"("detail":"Origin \")"));
    EXPECT_LT(response.body.size(), 600U);
    EXPECT_LT(response.refusal.size(), 400U);
  }
}

TEST_F(PublicServiceTest, PagesOfItsOwnOriginAreServedWhateverTheList) {
  Configure({.policy = {.allow_origins = {"https://a.example"}}});
  const Fields own = {{"Host", "gw.example:8080"}, {"Origin", "http://gw.example:8080"}};
  struct Case {
    std::string_view method;
    std::string_view target;
    int status;
  };
  const Case kCases[] = {
      {"GET", "/", 200},
      {"GET", "/console/chart.min.js", 200},
      {"HEAD", "/console/chart.min.js", 200},
      {"GET", "/v1/snapshot", 200},
      {"OPTIONS", "/v1/events", 204},
      {"OPTIONS", "*", 204},
      {"GET", "/v1/events?mode=x", 400},
      {"GET", "/nothing", 404},
      {"POST", "/v1/events", 405},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.target);
    const net::HttpResponse response = Respond(c.method, c.target, own);
    EXPECT_EQ(response.status, c.status);
    EXPECT_EQ(FieldOf(response.fields, "Vary"), "Origin");
    // What is of another scheme passes for it too, and must not get to read.
    EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "(none)");
    EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Credentials"), "(none)");
  }
  EXPECT_EQ(FieldOf(Stream("/v1/events", own).fields, "Vary"), "Origin");
  EXPECT_TRUE(std::holds_alternative<net::HttpStream>(Handle("HEAD", "/sse", own)));
  EXPECT_EQ(Rejected(403), 0U);

  EXPECT_EQ(Respond("GET", "/", {{"Host", "gw.example:8081"}, own[1]}).status, 403);
}

TEST_F(PublicServiceTest, OwnOriginOnTheListMayReadAsAnyOther) {
  Configure({.policy = {.allow_origins = {"http://gw.example"}}});
  const net::HttpStream stream =
      Stream("/sse", {{"Host", "gw.example"}, {"Origin", "http://gw.example"}});
  EXPECT_EQ(FieldOf(stream.fields, "Access-Control-Allow-Origin"), "http://gw.example");
}

TEST_F(PublicServiceTest, OwnOriginIsTheOneThatATrustedProxyForwards) {
  const Fields forwarded = {{"Host", "10.0.0.7:8080"},
                            {"X-Forwarded-Host", "gw.example"},
                            {"Origin", "https://gw.example"}};
  Configure({.policy = {.allow_origins = {"https://a.example"}}});
  EXPECT_EQ(Respond("GET", "/", forwarded).status, 403);
  Configure({.policy = {.allow_origins = {"https://a.example"},
                        .trusted_proxies = {*base::IpPrefix::Parse("192.0.2.0/24")}}});
  EXPECT_EQ(Respond("GET", "/", forwarded).status, 200);
  Stream("/sse", forwarded);
}

TEST_F(PublicServiceTest, ListMayHaveWildcardsAndNull) {
  Configure({.policy = {.allow_origins = {"https://*.example.com", "http://localhost:*", "null"}}});
  for (const std::string_view origin :
       {"https://a.b.example.com", "http://localhost:5173", "null"}) {
    const net::HttpStream stream = Stream("/sse", {{"Origin", origin}});
    EXPECT_EQ(FieldOf(stream.fields, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(FieldOf(stream.fields, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(FieldOf(stream.fields, "Vary"), "Origin");
  }
  EXPECT_EQ(Respond("GET", "/sse", {{"Origin", "https://example.com"}}).status, 403);
}

TEST_F(PublicServiceTest, ListedPagesMayReadStreamsAndErrorsWithCredentials) {
  Configure({.policy = {.allow_origins = {"https://a.example"}}});
  const Fields listed = {{"origin", "https://a.example"}};
  for (const net::HttpFields& fields :
       {Stream("/sse", listed).fields, Respond("GET", "/sse?mode=x", listed).fields,
        Respond("GET", "/nothing", listed).fields, Respond("POST", "/sse", listed).fields,
        Respond("OPTIONS", "/sse", listed).fields, Respond("GET", "/v1/snapshot", listed).fields,
        Respond("GET", "/v1/snapshot", {listed[0], {"If-None-Match", "*"}}).fields}) {
    EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Origin"), "https://a.example");
    EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(FieldOf(fields, "Vary"), "Origin");
  }
  EXPECT_EQ(FieldOf(Stream("/sse").fields, "Vary"), "Origin");
  EXPECT_EQ(FieldOf(Stream("/sse").fields, "Access-Control-Allow-Origin"), "(none)");
}

TEST_F(PublicServiceTest, PolicyThatChangesConcernsRequestsFromThenOn) {
  const Fields page = {{"Origin", "https://a.example"}, {"X-Forwarded-For", "6.6.6.6"}};
  EXPECT_EQ(Stream("/sse", page).subscription.mode, fanout::Mode::kLatest);
  service_->SetPolicy({.default_mode = fanout::Mode::kAll,
                       .allow_origins = {"https://a.example"},
                       .trusted_proxies = {*base::IpPrefix::Parse("192.0.2.0/24")}});
  const net::HttpStream stream = Stream("/sse", page);
  EXPECT_EQ(stream.subscription.mode, fanout::Mode::kAll);
  EXPECT_EQ(stream.address, "6.6.6.6");
  EXPECT_EQ(FieldOf(stream.fields, "Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(Respond("GET", "/sse", {{"Origin", "https://b.example"}}).status, 403);
  service_->SetPolicy({.allow_origins = {"https://b.example"}});
  EXPECT_EQ(Respond("GET", "/sse", page).status, 403);
}

TEST_F(PublicServiceTest, RefusalSaysWhyAndToWhomForTheLog) {
  Configure({.policy = {.trusted_proxies = {*base::IpPrefix::Parse("192.0.2.0/24")}}});
  const net::HttpResponse refused = Respond("GET", "/sse?mode=x", {{"X-Forwarded-For", "6.6.6.6"}});
  EXPECT_THAT(refused.refusal, HasSubstr("parameter mode is"));
  EXPECT_EQ(refused.address, "6.6.6.6");
  EXPECT_EQ(FieldOf(refused.fields, "Access-Control-Expose-Headers"),
            "X-Connection-Id, X-Request-Id");
  EXPECT_EQ(service_->Refuse(413, "why").refusal, "why");
  EXPECT_EQ(Respond("GET", "/v1/snapshot").refusal, "");
  EXPECT_EQ(FieldOf(Stream("/sse").fields, "Access-Control-Expose-Headers"), "X-Connection-Id");
}

TEST_F(PublicServiceTest, EmptySnapshotHasTheIdOfTheEmptyLog) {
  const net::HttpResponse response = Respond("GET", "/v1/snapshot");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"id":"e1-0","events":[]})");
  EXPECT_EQ(FieldOf(response.fields, "ETag"), R"("e1-0")");
}

TEST_F(PublicServiceTest, SnapshotIsTheNewestEventOfEachKeyInSeqOrder) {
  Append("a", "k", R"({"n":1})");
  Append("b", "", R"("two")", "alert");
  Append("a", "k", R"({"n": 3, "text":"\u00fc ü"})");
  Append("c", "gone", "4");
  Append("c", "gone", "", "", /*deleted=*/true);
  Append("a", "\"q\"", "6");
  const net::HttpResponse response = Respond("GET", "/v1/snapshot");
  EXPECT_EQ(
      response.body,
      WithTime(
          R"({"id":"e1-6","events":[)"
          R"({"id":"e1-2","topic":"b","key":"","type":"alert","data":"two"},)"
          R"({"id":"e1-3","topic":"a","key":"k","type":"","data":{"n": 3, "text":"\u00fc ü"}},)"
          R"({"id":"e1-6","topic":"a","key":"\"q\"","type":"","data":6}]})"));
  EXPECT_THAT(
      response.fields,
      UnorderedElementsAre(std::pair("Content-Type", "application/json"),
                           std::pair("Cache-Control", "no-cache"), std::pair("ETag", R"("e1-6")"),
                           std::pair("X-Content-Type-Options", "nosniff"),
                           std::pair("Access-Control-Allow-Origin", "*"),
                           std::pair("Access-Control-Expose-Headers", "X-Connection-Id")));
}

TEST_F(PublicServiceTest, SnapshotKeepsToItsFilters) {
  Append("a.1", "", "1");
  Append("b.1", "", "2");
  Append("a.2", "", "3");
  Append("c", "", "4");
  EXPECT_EQ(Respond("GET", "/v1/snapshot?topic=a.*&topic=c").body,
            WithTime(R"({"id":"e1-4","events":[)"
                     R"({"id":"e1-1","topic":"a.1","key":"","type":"","data":1},)"
                     R"({"id":"e1-3","topic":"a.2","key":"","type":"","data":3},)"
                     R"({"id":"e1-4","topic":"c","key":"","type":"","data":4}]})"));
  EXPECT_EQ(
      Respond("GET", "/v1/snapshot?topic=b.1&mode=x&lastEventId=%zz").body,
      WithTime(
          R"({"id":"e1-4","events":[{"id":"e1-2","topic":"b.1","key":"","type":"","data":2}]})"));
}

TEST_F(PublicServiceTest, SnapshotIsNotSentAgainUntilTheLogMovesOn) {
  Append("a", "", "1");
  const net::HttpResponse response =
      Respond("GET", "/v1/snapshot?topic=b", {{"If-None-Match", R"("e1-1")"}});
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(FieldOf(response.fields, "ETag"), R"("e1-1")");
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-cache");
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(AllRejected(), 0U);

  Append("a", "", "2");
  EXPECT_EQ(Respond("GET", "/v1/snapshot", {{"If-None-Match", R"("e1-1")"}}).status, 200);
}

TEST_F(PublicServiceTest, SnapshotIsPutOffWhileTooManyAreOnTheirWay) {
  Configure({.max_snapshot_bytes = 500});
  Append("a", "", "\"" + std::string(400, 'x') + "\"");
  net::HttpReply on_its_way = Handle("GET", "/v1/snapshot");
  ASSERT_EQ(std::get<net::HttpResponse>(on_its_way).status, 200);
  const net::HttpResponse refused = Respond("GET", "/v1/snapshot?topic=a");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(FieldOf(refused.fields, "Retry-After"), "1");
  EXPECT_EQ(FieldOf(refused.fields, "Content-Type"), "application/problem+json");
  EXPECT_EQ(FieldOf(refused.fields, "Cache-Control"), "no-store");
  EXPECT_THAT(refused.body, HasSubstr(R"("title":"Too Many Requests","status":429)"));
  EXPECT_EQ(Rejected(429), 1U);
  // Other requests are not concerned.
  EXPECT_EQ(Respond("GET", "/v1/snapshot", {{"If-None-Match", R"("e1-1")"}}).status, 304);
  Stream("/sse");

  on_its_way = net::HttpResponse();
  EXPECT_EQ(Respond("GET", "/v1/snapshot?topic=a").status, 200);
}

TEST_F(PublicServiceTest, StreamHasTheAddressThatATrustedProxyForwards) {
  const Fields fields = {{"X-Forwarded-For", "6.6.6.6"}};
  EXPECT_EQ(Stream("/sse", fields).address, "192.0.2.1");
  Configure({.policy = {.trusted_proxies = {*base::IpPrefix::Parse("192.0.2.0/24")}}});
  EXPECT_EQ(Stream("/sse", fields).address, "6.6.6.6");
}

TEST_F(PublicServiceTest, ServesTheConsole) {
  const net::HttpResponse page = Respond("GET", "/?topic=a");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(FieldOf(page.fields, "Content-Type"), "text/html; charset=utf-8");
  const net::HttpResponse chart = Respond("GET", "/console/chart.min.js");
  EXPECT_EQ(chart.status, 200);
  EXPECT_EQ(FieldOf(chart.fields, "Content-Type"), "text/javascript; charset=utf-8");
  const std::string etag = FieldOf(chart.fields, "ETag");
  EXPECT_EQ(Respond("GET", "/console/chart.min.js", {{"If-None-Match", etag}}).status, 304);
}

TEST_F(PublicServiceTest, ConsoleCanBeTurnedOff) {
  Configure({.console = false});
  for (const std::string_view target : {"/", "/console/chart.min.js"}) {
    EXPECT_EQ(Respond("GET", target).status, 404) << target;
  }
  Stream("/sse");
}

TEST_F(PublicServiceTest, RefusesWhatNeverBecameARequest) {
  const net::HttpResponse response = service_->Refuse(413, "a body of 5 bytes is not wanted");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Content Too Large","status":413,)"
                           R"("detail":"a body of 5 bytes is not wanted"})"
                           "\n");
  EXPECT_EQ(Rejected(413), 1U);
}

}  // namespace
}  // namespace ssegw::http
