// What /v1/events, /v1/snapshot and /v1/tickets answer where tokens are asked for. The verifier is
// a table, so that each refusal can be had; tests/unit/auth has the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/auth/tickets.h"
#include "gateway/auth/token_source.h"
#include "gateway/http/authenticator.h"
#include "gateway/http/public_service.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"
#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Fields = std::vector<net::HttpRequest::Field>;

constexpr seconds kLeeway(30);

class TableOfTokens : public auth::TokenVerifier {
 public:
  auth::Verified Verify(std::string_view compact, base::WallTime) override {
    ++asked_;
    const auto found = tokens_.find(compact);
    if (found != tokens_.end()) return found->second;
    return auth::Refusal{.failure = auth::Failure::kMalformed, .text = "is not a compact JWS"};
  }
  void Add(const std::string& text, auth::Verified verified) {
    tokens_[text] = std::move(verified);
  }
  int asked() const { return asked_; }

 private:
  std::map<std::string, auth::Verified, std::less<>> tokens_;
  int asked_ = 0;
};

class NewerKeys : public auth::KeyRequests {
 public:
  bool Ask(std::function<void()> done) override {
    if (on_ask) on_ask();
    if (!answers) return false;
    done();
    return true;
  }
  bool answers = true;
  std::function<void()> on_ask;
};

class AuthenticatedServiceTest : public ::testing::Test {
 protected:
  AuthenticatedServiceTest() {
    Configure({.rules = {"topics", {*auth::FilterTemplate::Parse("users.{sub}")}}});
    AddToken("good", {"eu.>"});
  }

  void Configure(AuthenticatorOptions options, PublicPolicy policy = {}) {
    authenticator_ =
        std::make_unique<Authenticator>(tokens_, keys_, tickets_, auth_stats_, std::move(options));
    service_ = std::make_unique<PublicService>(
        window_, PublicServiceOptions{.policy = policy, .authenticator = authenticator_.get()},
        stats_);
  }

  // For an hour, with the subject "me".
  void AddToken(const std::string& text, std::vector<std::string> topics) {
    const base::WallTime exp = std::chrono::time_point_cast<seconds>(
        std::chrono::system_clock::now() + std::chrono::hours(1));
    tokens_.Add(text, std::make_shared<const auth::Token>(auth::Token{
                          .subject = "me",
                          .expires_at = exp,
                          .ends_at = exp + kLeeway,
                          .claims = {{"sub", "me"},
                                     {"topics", auth::StringList{.strings = std::move(topics)}}}}));
  }

  // Whatever comes at once or later.
  net::HttpReply Handle(std::string_view method, std::string_view target, Fields fields = {},
                        bool has_body = false) {
    net::HttpRequest request = Request(method, target, std::move(fields));
    request.has_body = has_body;
    net::HttpReply reply = service_->Handle(request);
    while (auto* later = std::get_if<net::HttpLater>(&reply)) {
      EXPECT_LE(later->patience, seconds(10));
      bool ready = false;
      later->start([&] { ready = true; });
      while (later->work && later->work()) {
      }
      EXPECT_TRUE(ready);
      reply = later->finish();
    }
    return reply;
  }
  net::HttpResponse Respond(std::string_view method, std::string_view target, Fields fields = {}) {
    net::HttpReply reply = Handle(method, target, std::move(fields));
    if (auto* response = std::get_if<net::HttpResponse>(&reply)) {
      if (response->static_body_owner != nullptr) response->body = response->static_body;
      return *response;
    }
    ADD_FAILURE() << method << ' ' << target << " became a stream";
    return {};
  }
  net::HttpStream Stream(std::string_view target, Fields fields = {}) {
    const net::HttpReply reply = Handle("GET", target, std::move(fields));
    if (const auto* stream = std::get_if<net::HttpStream>(&reply)) return *stream;
    ADD_FAILURE() << target << ": " << std::get<net::HttpResponse>(reply).body;
    return {};
  }
  std::string TopicsOf(std::string_view target, Fields fields) {
    return Stream(target, std::move(fields)).subscription.filters.canonical();
  }
  std::string TicketFor(Fields fields) {
    fields.push_back({"Authorization", "Bearer good"});
    const net::HttpResponse response = Respond("POST", "/v1/tickets", std::move(fields));
    EXPECT_EQ(response.status, 201) << response.body;
    const size_t begin = std::string_view(R"({"ticket":")").size();
    return response.body.substr(begin, response.body.find('"', begin) - begin);
  }
  uint64_t Counted(auth::Result result) const {
    return auth_stats_.checked[auth::Side::kSubscriber][result].value();
  }
  uint64_t CountedAll() const {
    uint64_t all = 0;
    for (const auto& counter : auth_stats_.checked[auth::Side::kSubscriber]) all += counter.value();
    return all;
  }
  void Append(std::string_view topic, std::string_view json, bool deleted = false) {
    sse::FrameContent content;
    content.topic = topic;
    content.json = json;
    content.deleted = deleted;
    window_.Append(sse::Frame::Create(content));
  }

  const Fields good_ = {{"Authorization", "Bearer good"}};
  window::Window window_{"e1", {}};
  HttpStats stats_;
  auth::AuthStats auth_stats_;
  TableOfTokens tokens_;
  NewerKeys keys_;
  auth::TicketSealer tickets_{{auth::RandomTicketKey()}};
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<PublicService> service_;
};

TEST_F(AuthenticatedServiceTest, GivesWhatBothAFilterAndAGrantMatch) {
  EXPECT_EQ(TopicsOf("/v1/events", good_), "eu.> users.me");
  EXPECT_EQ(TopicsOf("/sse?topic=*.a", good_), "eu.a");
  EXPECT_EQ(TopicsOf("/v1/events?topic=eu.a&topic=*.me", good_), "eu.a eu.me users.me");
  EXPECT_EQ(Counted(auth::Result::kOk), 3U);
}

TEST_F(AuthenticatedServiceTest, AStreamEndsWithItsToken) {
  const net::HttpStream stream = Stream("/v1/events", good_);
  const base::TimePoint expected = base::Now() + std::chrono::hours(1) + kLeeway;
  EXPECT_LE(stream.ends_at, expected);
  EXPECT_GT(stream.ends_at, expected - seconds(5));
  EXPECT_EQ(stream.end_reason, sse::ByeReason::kAuthExpired);
  EXPECT_EQ(stream.identity, "me");
}

// Not as an image of another site's page, for which a browser may send a cookie without an Origin.
TEST_F(AuthenticatedServiceTest, WhatIsGrantedIsForPagesThatMayReadIt) {
  EXPECT_EQ(FieldOf(Stream("/v1/events", good_).fields, "Cross-Origin-Resource-Policy"),
            "same-origin");
  EXPECT_EQ(FieldOf(Respond("GET", "/v1/snapshot", good_).fields, "Cross-Origin-Resource-Policy"),
            "same-origin");
}

TEST_F(AuthenticatedServiceTest, RefusesARequestWithoutCredentials) {
  for (const char* target : {"/v1/events", "/sse?topic=eu.a", "/v1/snapshot"}) {
    const net::HttpResponse response = Respond("GET", target);
    EXPECT_EQ(response.status, 401);
    // RFC 6750 section 3.1: without authentication information there is no error.
    EXPECT_EQ(FieldOf(response.fields, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr(R"("check":"missing")"));
  }
  EXPECT_EQ(Counted(auth::Result::kMissing), 3U);
}

TEST_F(AuthenticatedServiceTest, EachRefusalOfATokenNamesItsCheckAndIsCounted) {
  for (const auth::Failure failure : base::AllOf<auth::Failure>()) {
    tokens_.Add("bad", auth::Refusal{.failure = failure, .text = "has a \"fault\""});
    const net::HttpResponse response =
        Respond("GET", "/v1/events", {{"Authorization", "Bearer bad"}});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(FieldOf(response.fields, "WWW-Authenticate"),
              "Bearer error=\"invalid_token\", error_description=\"the token has a 'fault'\"");
    const std::string name(auth::NameOf(failure));
    EXPECT_THAT(response.body, HasSubstr(R"("check":")" + name + '"'));
    EXPECT_THAT(response.refusal, Not(HasSubstr("bad")));
    EXPECT_EQ(Counted(auth::ResultOf(failure)), 1U) << name;
  }
}

TEST_F(AuthenticatedServiceTest, RefusesSeveralCredentials) {
  const std::string ticket = TicketFor({});
  const std::pair<std::string, Fields> cases[] = {
      {"/v1/events?ticket=" + ticket, good_},
      {"/v1/events", {{"Authorization", "Bearer good"}, {"Authorization", "Bearer good"}}},
      {"/v1/events", {{"Authorization", "Bearer good"}, {"Cookie", "sse_gateway=good"}}},
      {"/v1/events", {{"Cookie", "sse_gateway=good; sse_gateway=good"}}},
      {"/v1/events?ticket=" + ticket + "&ticket=" + ticket, {}},
      {"/v1/events?ticket=" + ticket, {{"Cookie", "sse_gateway=good"}}},
  };
  for (const auto& [target, fields] : cases) {
    const net::HttpResponse response = Respond("GET", target, fields);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(FieldOf(response.fields, "WWW-Authenticate"), "Bearer error=\"invalid_request\"");
  }
  EXPECT_EQ(Counted(auth::Result::kMalformed), std::size(cases));
}

TEST_F(AuthenticatedServiceTest, AFilterThatMeetsNoGrantIsNamed) {
  const net::HttpResponse response = Respond("GET", "/v1/events?topic=eu.a&topic=us.*", good_);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(FieldOf(response.fields, "WWW-Authenticate"), "Bearer error=\"insufficient_scope\"");
  EXPECT_THAT(response.body, HasSubstr(R"(\"us.*\")"));
  EXPECT_THAT(response.body, HasSubstr(R"("parameter":"topic")"));
  EXPECT_EQ(response.identity, "me") << "for the log";
  EXPECT_EQ(Counted(auth::Result::kForbidden), 1U);
}

TEST_F(AuthenticatedServiceTest, ATokenThatGrantsNothingIsForbidden) {
  Configure({});
  AddToken("poor", {});
  for (const char* method : {"GET", "POST"}) {
    const std::string target = std::string(method) == "GET" ? "/v1/events" : "/v1/tickets";
    const net::HttpResponse response = Respond(method, target, {{"Authorization", "Bearer poor"}});
    EXPECT_EQ(response.status, 403) << method;
    EXPECT_EQ(FieldOf(response.fields, "WWW-Authenticate"), "Bearer error=\"insufficient_scope\"");
  }
}

TEST_F(AuthenticatedServiceTest, CountsFiltersThatAClaimCouldNotGive) {
  AddToken("half", {"a..b", "eu.>"});
  EXPECT_EQ(TopicsOf("/v1/events", {{"Authorization", "Bearer half"}}), "eu.> users.me");
  EXPECT_EQ(auth_stats_.voided_grants.value(), 1U);
}

// A request whose filters meet its grants in more than a thousand ways, while neither is too many.
TEST_F(AuthenticatedServiceTest, RefusesAnIntersectionBeyondItsBounds) {
  std::vector<std::string> grants;
  std::string target = "/v1/events?topic=*.x";
  for (int i = 0; i < 100; ++i) {
    grants.push_back("g" + std::to_string(i) + ".*");
    target += "&topic=*.f" + std::to_string(i);
  }
  AddToken("wide", grants);
  const net::HttpResponse response = Respond("GET", target, {{"Authorization", "Bearer wide"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("ask for fewer filters"));
}

TEST_F(AuthenticatedServiceTest, AnonymousTopicsAreForRequestsWithoutATokenAlone) {
  Configure({.anonymous = window::Filters({*window::Filter::Parse("public.>")})});
  EXPECT_EQ(TopicsOf("/v1/events", {}), "public.>");
  EXPECT_EQ(Stream("/v1/events").ends_at, base::TimePoint::max());
  EXPECT_EQ(TopicsOf("/v1/events?topic=public.a", {}), "public.a");
  EXPECT_EQ(Counted(auth::Result::kAnonymous), 3U);
  const net::HttpResponse beyond = Respond("GET", "/v1/events?topic=eu.a");
  EXPECT_EQ(beyond.status, 401);
  EXPECT_EQ(FieldOf(beyond.fields, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(Counted(auth::Result::kMissing), 1U);
  EXPECT_EQ(TopicsOf("/v1/events", good_), "eu.>");
  EXPECT_EQ(Respond("GET", "/v1/events?topic=public.a", good_).status, 403);
  EXPECT_EQ(Respond("GET", "/v1/events", {{"Authorization", "Bearer bad"}}).status, 401)
      << "a bad token is not none";
}

TEST_F(AuthenticatedServiceTest, TakesTheCookieOfItsOwnAndOfListedPages) {
  const auto with = [&](Fields more, std::vector<std::string> origins) {
    Configure({}, {.allow_origins = std::move(origins)});
    Fields fields = {{"Cookie", "sse_gateway=good"}, {"Host", "gw.example"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return std::holds_alternative<net::HttpStream>(Handle("GET", "/v1/events", fields));
  };
  const std::vector<std::string> any = {"*"};
  const std::vector<std::string> listed = {"https://app.example"};
  EXPECT_TRUE(with({}, any));
  EXPECT_TRUE(with({{"Origin", "http://gw.example"}}, any));
  EXPECT_TRUE(with({{"Origin", "https://gw.example"}}, listed));
  EXPECT_TRUE(with({{"Origin", "https://app.example"}}, listed));
  EXPECT_TRUE(with({{"Origin", "https://app.example"}, {"Sec-Fetch-Site", "same-site"}}, listed));
  EXPECT_FALSE(with({{"Origin", "https://app.example"}}, any)) << "* lists nobody";
  EXPECT_FALSE(with({{"Origin", "https://app.example"}, {"Sec-Fetch-Site", "cross-site"}}, listed));
  // <img src> of another site: no Origin, and the cookie comes along.
  EXPECT_FALSE(with({{"Sec-Fetch-Site", "cross-site"}}, any));
}

// What is not looked at is no second credential either.
TEST_F(AuthenticatedServiceTest, ACookieThatDoesNotCountIsNotThere) {
  EXPECT_EQ(TopicsOf("/v1/events", {{"Authorization", "Bearer good"},
                                    {"Cookie", "sse_gateway=bad"},
                                    {"Sec-Fetch-Site", "cross-site"}}),
            "eu.> users.me");
}

TEST_F(AuthenticatedServiceTest, GivesATicketForABearerToken) {
  const net::HttpResponse response = Respond("POST", "/v1/tickets", good_);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-store");
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/json");
  EXPECT_THAT(response.body,
              testing::MatchesRegex(
                  R"re(\{"ticket":"[A-Za-z0-9_-]{1,1024}","expires_at":"20[0-9T:-]*.000Z"\}.)re"));
}

TEST_F(AuthenticatedServiceTest, ATicketIsGoodForAllThatReads) {
  const std::string ticket = TicketFor({{"Origin", "https://app.example"}});
  const Fields page = {{"Origin", "https://app.example"}};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(TopicsOf("/v1/events?ticket=" + ticket, page), "eu.> users.me");
  }
  EXPECT_EQ(TopicsOf("/sse?topic=eu.a&ticket=" + ticket, page), "eu.a");
  EXPECT_EQ(Respond("GET", "/v1/snapshot?ticket=" + ticket, page).status, 200);
  const net::HttpStream stream = Stream("/v1/events?ticket=" + ticket, page);
  EXPECT_EQ(stream.identity, "me");
  EXPECT_LT(stream.ends_at, base::Now() + std::chrono::hours(1) + kLeeway);
}

TEST_F(AuthenticatedServiceTest, ATicketIsBoundToItsOrigin) {
  const auto good_for = [&](const std::string& ticket, Fields fields) {
    fields.push_back({"Host", "gw.example"});
    const net::HttpReply reply = Handle("GET", "/v1/events?ticket=" + ticket, fields);
    return std::holds_alternative<net::HttpStream>(reply);
  };
  const std::string of_app = TicketFor({{"Origin", "https://app.example"}});
  EXPECT_TRUE(good_for(of_app, {{"Origin", "https://app.example"}}));
  EXPECT_FALSE(good_for(of_app, {{"Origin", "http://app.example"}}));
  EXPECT_FALSE(good_for(of_app, {{"Origin", "https://other.example"}}));
  EXPECT_FALSE(good_for(of_app, {{"Origin", "null"}}));
  EXPECT_FALSE(good_for(of_app, {}));
  EXPECT_EQ(Counted(auth::Result::kOrigin), 4U);

  // A GET of a page's own origin has no Origin.
  const std::string of_own = TicketFor({{"Origin", "https://gw.example"}, {"Host", "gw.example"}});
  EXPECT_TRUE(good_for(of_own, {}));
  EXPECT_TRUE(good_for(of_own, {{"Origin", "https://gw.example"}}));
  EXPECT_TRUE(good_for(of_own, {{"Origin", "http://gw.example"}})) << "either scheme";
  EXPECT_FALSE(good_for(of_own, {{"Origin", "https://app.example"}}));

  // Not of a browser: none sends a POST without Origin.
  const std::string of_none = TicketFor({{"Host", "10.0.0.7:8080"}});
  EXPECT_TRUE(good_for(of_none, {}));
  EXPECT_TRUE(good_for(of_none, {{"Origin", "https://gw.example"}}));
  EXPECT_FALSE(good_for(of_none, {{"Origin", "https://app.example"}}));
}

TEST_F(AuthenticatedServiceTest, RefusesAnythingElseAsATicket) {
  for (const std::string ticket : {"", "x", "good", "%"}) {
    const net::HttpResponse response = Respond("GET", "/v1/events?ticket=" + ticket);
    EXPECT_EQ(response.status, 401) << ticket;
    EXPECT_THAT(FieldOf(response.fields, "WWW-Authenticate"),
                StartsWith("Bearer error=\"invalid_token\""));
    EXPECT_THAT(response.body, HasSubstr(R"("check":"ticket")"));
  }
  EXPECT_EQ(Counted(auth::Result::kTicket), 4U);
}

TEST_F(AuthenticatedServiceTest, ATicketExpiresWithItsToken) {
  const base::WallTime now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto sealed = [&](base::WallTime exp) {
    return *tickets_.Seal({.origin = "",
                           .subject = "me",
                           .grants = window::Filters::Everything(),
                           .expires_at = exp});
  };
  EXPECT_EQ(TopicsOf("/v1/events?ticket=" + sealed(now - kLeeway + seconds(5)), {}), ">");
  const net::HttpResponse response = Respond("GET", "/v1/events?ticket=" + sealed(now - kLeeway));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(Counted(auth::Result::kExpired), 1U);
}

TEST_F(AuthenticatedServiceTest, NoTicketForACookieOrATicket) {
  const std::string ticket = TicketFor({});
  EXPECT_EQ(Respond("POST", "/v1/tickets", {{"Cookie", "sse_gateway=good"}}).status, 401);
  EXPECT_EQ(Respond("POST", "/v1/tickets?ticket=" + ticket).status, 401);
  EXPECT_EQ(Respond("POST", "/v1/tickets").status, 401);
}

TEST_F(AuthenticatedServiceTest, GrantsThatDoNotFitIntoATicketAreNotCut) {
  std::vector<std::string> grants;
  for (int i = 0; i < 200; ++i) grants.push_back("topic-" + std::to_string(i) + ".>");
  AddToken("rich", grants);
  const net::HttpResponse response =
      Respond("POST", "/v1/tickets", {{"Authorization", "Bearer rich"}});
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(
      Stream("/v1/events", {{"Authorization", "Bearer rich"}}).subscription.filters.all().size(),
      201U);
}

TEST_F(AuthenticatedServiceTest, TakesABodyThatSaysNothing) {
  net::HttpReply reply = Handle("POST", "/v1/tickets", good_, /*has_body=*/true);
  auto& wants = std::get<net::HttpWantsBody>(reply);
  EXPECT_GT(wants.max_bytes, 0U);
  EXPECT_EQ(std::get<net::HttpResponse>(wants.then("{}")).status, 201);
}

TEST_F(AuthenticatedServiceTest, APreflightNeedsNoToken) {
  Configure({}, {.allow_origins = {"https://app.example"}});
  const net::HttpResponse response = Respond("OPTIONS", "/v1/tickets",
                                             {{"Origin", "https://app.example"},
                                              {"Access-Control-Request-Method", "POST"},
                                              {"Access-Control-Request-Headers", "authorization"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Methods"), "POST, OPTIONS");
  EXPECT_THAT(FieldOf(response.fields, "Access-Control-Allow-Headers"), HasSubstr("authorization"));
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(CountedAll(), 0U);
}

TEST_F(AuthenticatedServiceTest, PagesReadWhyTheyGetNoTicket) {
  const net::HttpResponse response =
      Respond("POST", "/v1/tickets", {{"Origin", "https://app.example"}});
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(FieldOf(response.fields, "Access-Control-Allow-Origin"), "*");
}

TEST_F(AuthenticatedServiceTest, AGetOfTicketsIsNoMethod) {
  const net::HttpResponse response = Respond("GET", "/v1/tickets", good_);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FieldOf(response.fields, "Allow"), "POST, OPTIONS");
}

TEST_F(AuthenticatedServiceTest, ATokenOfAnUnknownKeyWaitsForNewerKeys) {
  tokens_.Add("rotated", auth::UnknownKey());
  keys_.on_ask = [&] { AddToken("rotated", {"eu.>"}); };
  const Fields fields = {{"Authorization", "Bearer rotated"}};
  EXPECT_EQ(TopicsOf("/v1/events?topic=eu.*", fields), "eu.*");
  tokens_.Add("rotated", auth::UnknownKey());
  EXPECT_EQ(Respond("POST", "/v1/tickets", fields).status, 201);
  tokens_.Add("rotated", auth::UnknownKey());
  EXPECT_EQ(Respond("GET", "/v1/snapshot", fields).status, 200);
  EXPECT_EQ(CountedAll(), 3U);
}

TEST_F(AuthenticatedServiceTest, AKeyThatStaysUnknownIsRefused) {
  tokens_.Add("foreign", auth::UnknownKey());
  for (const bool answers : {true, false}) {
    keys_.answers = answers;
    const net::HttpResponse response =
        Respond("GET", "/v1/events", {{"Authorization", "Bearer foreign"}});
    EXPECT_EQ(response.status, 401);
    EXPECT_THAT(response.body, HasSubstr(R"("check":"key")"));
  }
  EXPECT_EQ(Counted(auth::Result::kKey), 2U);
}

// 2 s of a request's time (DESIGN 5.7).
TEST_F(AuthenticatedServiceTest, WaitsTwoSecondsForNewerKeys) {
  tokens_.Add("foreign", auth::UnknownKey());
  const net::HttpReply reply =
      service_->Handle(Request("GET", "/v1/events", {{"Authorization", "Bearer foreign"}}));
  EXPECT_EQ(std::get<net::HttpLater>(reply).patience, seconds(2));
}

TEST_F(AuthenticatedServiceTest, AnAddressBeyondItsRateHasNoSignatureChecked) {
  Configure({}, {.request_rate = 1});
  Stream("/v1/events", good_);
  const int asked = tokens_.asked();
  const net::HttpStream stream = Stream("/v1/events", {{"Authorization", "Bearer bad"}});
  EXPECT_TRUE(stream.over_request_rate) << "so it is shed";
  EXPECT_EQ(tokens_.asked(), asked);
}

TEST_F(AuthenticatedServiceTest, TheConsoleIsOpen) {
  EXPECT_EQ(Respond("GET", "/").status, 200);
  EXPECT_EQ(CountedAll(), 0U);
}

TEST_F(AuthenticatedServiceTest, ASnapshotHasWhatIsGranted) {
  Append("eu.a", "1");
  Append("us.a", "2");
  const net::HttpResponse response = Respond("GET", "/v1/snapshot", good_);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("topic":"eu.a")"));
  EXPECT_THAT(response.body, Not(HasSubstr(R"("topic":"us.a")")));
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "private, no-cache");
  EXPECT_EQ(FieldOf(response.fields, "Vary"), "Authorization, Cookie");
  EXPECT_EQ(Respond("GET", "/v1/snapshot?topic=us.a", good_).status, 403);
}

TEST_F(AuthenticatedServiceTest, ASnapshotsTagIsOfWhatIsGranted) {
  AddToken("other", {"us.>"});
  AddToken("wider", {"eu.>", "us.>"});
  const auto tag = [&](const std::string& token) {
    return FieldOf(Respond("GET", "/v1/snapshot", {{"Authorization", "Bearer " + token}}).fields,
                   "ETag");
  };
  const auto with = [&](const std::string& token, std::string_view etag) {
    return Respond("GET", "/v1/snapshot",
                   {{"Authorization", "Bearer " + token}, {"If-None-Match", etag}})
        .status;
  };
  Append("eu.a", "1");
  EXPECT_EQ((std::set<std::string>{tag("good"), tag("other"), tag("wider")}).size(), 3U);
  const std::string before = tag("good");
  EXPECT_EQ(with("good", before), 304);
  EXPECT_EQ(with("good", "W/" + before), 304);
  EXPECT_EQ(with("other", before), 200) << "a cache gives one user's tag for another";
  EXPECT_EQ(with("wider", before), 200);
  // What others are sent does not show.
  Append("us.a", "2");
  EXPECT_EQ(tag("good"), before);
  EXPECT_EQ(with("good", before), 304);
  // Changes of what is granted do, a deletion too.
  Append("eu.b", "3");
  const std::string after = tag("good");
  EXPECT_NE(after, before);
  EXPECT_EQ(with("good", before), 200);
  Append("eu.a", "", /*deleted=*/true);
  EXPECT_NE(tag("good"), after);
  EXPECT_EQ(with("good", after), 200);
}

TEST_F(AuthenticatedServiceTest, HeadIsAnsweredAsGet) {
  Append("eu.a", "1");
  EXPECT_EQ(Respond("HEAD", "/v1/events").status, 401);
  EXPECT_TRUE(std::holds_alternative<net::HttpStream>(Handle("HEAD", "/v1/events", good_)));
  EXPECT_EQ(FieldOf(Respond("HEAD", "/v1/snapshot", good_).fields, "ETag"),
            FieldOf(Respond("GET", "/v1/snapshot", good_).fields, "ETag"));
}

TEST_F(AuthenticatedServiceTest, WithoutAnAuthenticatorThereAreNoTickets) {
  service_ = std::make_unique<PublicService>(window_, PublicServiceOptions(), stats_);
  EXPECT_EQ(Respond("POST", "/v1/tickets", good_).status, 404);
  EXPECT_EQ(TopicsOf("/v1/events?ticket=x", {{"Authorization", "Bearer bad"}}), ">");
}

}  // namespace
}  // namespace ssegw::http
