// Who may subscribe, with the real binary and real tokens: --auth=jwt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/issuer.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kPage[] = "https://app.example";
constexpr char kMe[] = R"("sub":"me","iss":"https://issuer.example","aud":"sse","topics":["eu.>"])";
// 32 bytes of base64 each.
constexpr char kKeyA[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
constexpr char kKeyB[] = "8PHy8/T19vf4+fr7/P3+/+Dh4uPk5ebn6Onq6+zt7u8=\n";

HttpFields Bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

std::string TicketOf(const HttpResponse& response) {
  EXPECT_EQ(response.status, 201) << response.body;
  constexpr std::string_view kHead = R"({"ticket":")";
  const size_t begin = response.body.find(kHead) + kHead.size();
  return response.body.substr(begin, response.body.find('"', begin) - begin);
}

HttpResponse AskForTicket(const GatewayProcess& gateway, const std::string& token,
                          const std::string& origin = kPage) {
  HttpFields fields = Bearer(token);
  fields.emplace_back("Origin", origin);
  return HttpExchange(gateway.http(), RequestText("POST", "/v1/tickets", fields));
}

// What a page gets with a ticket: 200 for a stream.
int StatusWith(const GatewayProcess& gateway, const std::string& ticket,
               const std::string& origin = kPage) {
  HttpConnection connection(gateway.http());
  connection.Send(
      RequestText("GET", base::Concat("/v1/events?ticket=", ticket), {{"Origin", origin}}));
  return connection.ReadHead().status;
}

class SubscriberAuthTest : public ::testing::Test {
 protected:
  const Issuer issuer_;
};

TEST_F(SubscriberAuthTest, AStreamHasWhatIsGranted) {
  const GatewayProcess gateway(issuer_.Flags({"--granted_topics=users.{sub}"}));
  Publisher publisher(gateway.grpc());
  publisher.Publish(NumberedEvent("eu.a", "k", 1));
  publisher.Publish(NumberedEvent("us.a", "k", 2));
  publisher.Publish(NumberedEvent("users.me", "k", 3));
  SseReader reader(gateway.http(), {.fields = Bearer(issuer_.Token(kMe))});
  EXPECT_THAT(NumbersOf(reader.Events(2)), ElementsAre(1U, 3U));
  publisher.Publish(NumberedEvent("users.you", "k", 4));
  publisher.Publish(NumberedEvent("eu.b", "k", 5));
  EXPECT_THAT(NumbersOf(reader.Events(1)), ElementsAre(5U));

  const HttpResponse snapshot = HttpGet(gateway.http(), "/v1/snapshot", Bearer(issuer_.Token(kMe)));
  EXPECT_EQ(snapshot.status, 200);
  EXPECT_THAT(snapshot.body, AllOf(HasSubstr("eu.a"), HasSubstr("users.me"),
                                   Not(HasSubstr("us.a\"")), Not(HasSubstr("users.you"))));
  EXPECT_EQ(snapshot.Get("Cache-Control"), "private, no-cache");
  EXPECT_EQ(snapshot.Get("Vary"), "Authorization, Cookie");
}

// Each refusal by its status, RFC 6750's error, the check in the answer, and auth_total.
TEST_F(SubscriberAuthTest, EachRefusalSaysWhichCheckFailedAndIsCounted) {
  const GatewayProcess gateway(issuer_.Flags(
      {"--jwt_issuer=https://issuer.example", "--jwt_audience=sse", "--jwt_leeway=0"}));
  const std::string good = issuer_.Token(kMe);
  std::string tampered = good;
  const size_t in_signature = tampered.size() - 10;
  tampered[in_signature] = tampered[in_signature] == 'A' ? 'B' : 'A';
  const std::string payload = R"({"exp":4102444800,)" + std::string(kMe) + "}";
  const SigningKey foreign = SigningKey::P256();
  struct Case {
    const char* check;
    std::string token;
  };
  const Case cases[] = {
      {"malformed", "abc"},
      {"malformed", issuer_.key().Token("ES256", "{" + std::string(kMe) + "}", "a")},  // no exp
      {"algorithm", SigningKey::Secret("secret").Token("HS256", payload, "a")},
      {"algorithm", foreign.Sign("ES256", R"({"alg":"none","kid":"a"})", payload)},
      {"key", foreign.Token("ES256", payload, "b")},
      {"signature", tampered},
      {"signature", foreign.Token("ES256", payload, "a")},
      {"expired", issuer_.Token(kMe, seconds(-1))},
      {"not_yet", issuer_.Token(R"("nbf":4102444800,)" + std::string(kMe))},
      {"issuer", issuer_.Token(R"("iss":"https://other.example","aud":"sse")")},
      {"audience", issuer_.Token(R"("iss":"https://issuer.example","aud":"other")")},
  };
  std::map<std::string, double> counted;
  for (const Case& c : cases) {
    const HttpResponse response = HttpGet(gateway.http(), "/v1/events", Bearer(c.token));
    EXPECT_EQ(response.status, 401) << c.check;
    EXPECT_THAT(response.Get("WWW-Authenticate"), StartsWith("Bearer error=\"invalid_token\""));
    EXPECT_EQ(response.Get("Content-Type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr(base::Concat(R"("check":")", c.check, '"')));
    counted[c.check] += 1;
  }
  const HttpResponse missing = HttpGet(gateway.http(), "/v1/events");
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(missing.Get("WWW-Authenticate"), "Bearer");
  counted["missing"] = 1;
  EXPECT_EQ(StatusWith(gateway, "AbC-_"), 401);
  counted["ticket"] = 1;
  EXPECT_EQ(StatusWith(gateway, TicketOf(AskForTicket(gateway, good)), "https://other.example"),
            401);
  counted["origin"] = 1;
  const HttpResponse forbidden =
      HttpGet(gateway.http(), "/v1/events?topic=eu.a&topic=us.a", Bearer(good));
  EXPECT_EQ(forbidden.status, 403);
  EXPECT_EQ(forbidden.Get("WWW-Authenticate"), "Bearer error=\"insufficient_scope\"");
  EXPECT_THAT(forbidden.body, HasSubstr("us.a"));
  counted["forbidden"] = 1;
  const HttpResponse twice = HttpGet(gateway.http(), "/v1/events?ticket=x", Bearer(good));
  EXPECT_EQ(twice.status, 400);
  EXPECT_EQ(twice.Get("WWW-Authenticate"), "Bearer error=\"invalid_request\"");
  counted["malformed"] += 1;
  counted["ok"] = 1;  // the ticket
  const Metrics metrics = gateway.Scrape();
  for (const auto& [result, count] : counted) {
    EXPECT_EQ(metrics[base::Concat(R"(auth_total{side="subscriber",result=")", result, R"("})")],
              count)
        << result;
  }
  EXPECT_EQ(metrics[R"(requests_rejected_total{code="401"})"], 14);
}

TEST_F(SubscriberAuthTest, NothingOfATokenOrTicketIsToldToOthers) {
  const GatewayProcess gateway(issuer_.Flags({"--log_level=debug"}));
  const std::string token = issuer_.Token(kMe);
  const std::string ticket = TicketOf(AskForTicket(gateway, token));
  const std::string late = issuer_.Token(kMe, seconds(-100));
  SseReader with_token(gateway.http(), {.fields = Bearer(token)});
  SseReader with_ticket(gateway.http(),
                        {.query = "ticket=" + ticket, .fields = {{"Origin", kPage}}});
  SseReader with_cookie(gateway.http(), {.fields = {{"Cookie", "sse_gateway=" + token}}});
  with_token.Hello();
  with_ticket.Hello();
  with_cookie.Hello();
  std::string told = HttpGet(gateway.admin(), "/debug/connections?k=20").body;
  EXPECT_THAT(told, HasSubstr("\"me\"")) << "the subject";
  told += HttpGet(gateway.admin(), "/metrics").body;
  told += HttpGet(gateway.http(), "/v1/events", Bearer(late)).body;
  told +=
      HttpGet(gateway.http(), "/v1/events?topic=us.a&ticket=" + ticket, {{"Origin", kPage}}).body;
  told += HttpGet(gateway.http(), "/v1/events?ticket=" + ticket).body;
  told += HttpGet(gateway.http(), "/nothing?ticket=" + ticket).body;
  told += HttpGet(gateway.http(), "/v1/events?mode=x&ticket=" + ticket, {{"Origin", kPage}}).body;
  told += HttpGet(gateway.http(), "/v1/events", {{"Cookie", "sse_gateway=" + late}}).body;
  told += HttpExchange(gateway.http(), RequestText("GET", "*?ticket=" + ticket)).body;
  ASSERT_TRUE(WaitFor([&] { return gateway.Log().find("status=403") != std::string::npos; }));
  told += gateway.Log();
  EXPECT_THAT(gateway.Log(), HasSubstr("identity=me"));
  for (const std::string& secret : {token, ticket, late}) {
    // Any part of it: a token's payload and its signature, each by itself, tell something.
    for (size_t at = 0; at + 24 <= secret.size(); at += 12) {
      EXPECT_THAT(told, Not(HasSubstr(secret.substr(at, 24)))) << at;
    }
  }
}

TEST_F(SubscriberAuthTest, AStreamEndsWhenItsTokenExpires) {
  const GatewayProcess gateway(issuer_.Flags({"--jwt_leeway=0"}));
  const std::string token = issuer_.Token(kMe, seconds(2));
  const std::string ticket = TicketOf(AskForTicket(gateway, token));
  SseReader by_token(gateway.http(), {.fields = Bearer(token)});
  SseReader by_ticket(gateway.http(), {.query = "ticket=" + ticket, .fields = {{"Origin", kPage}}});
  for (SseReader* reader : {&by_token, &by_ticket}) {
    const std::vector<SseBlock> events = reader->EventsToEnd();
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back().event, "gateway.bye");
    EXPECT_EQ(events.back().data, R"({"reason":"auth_expired"})");
    EXPECT_TRUE(reader->ended_well());
  }
  EXPECT_TRUE(gateway.WaitForMetric(R"(connections_closed_total{reason="auth_expired"})", 2));
  // So a page learns that it needs a new one.
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/events", Bearer(token)).status, 401);
  EXPECT_EQ(StatusWith(gateway, ticket), 401);
}

TEST_F(SubscriberAuthTest, LeewayIsForTokensTicketsAndStreams) {
  const GatewayProcess gateway(issuer_.Flags({"--jwt_leeway=1m"}));
  const std::string late = issuer_.Token(kMe, seconds(-5));
  SseReader reader(gateway.http(), {.fields = Bearer(late)});
  reader.Hello();
  EXPECT_EQ(StatusWith(gateway, TicketOf(AskForTicket(gateway, late))), 200);
}

TEST_F(SubscriberAuthTest, ATicketIsAnswered) {
  const GatewayProcess gateway(issuer_.Flags());
  const HttpResponse response = AskForTicket(gateway, issuer_.Token(kMe));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.Get("Cache-Control"), "no-store");
  EXPECT_EQ(response.Get("Content-Type"), "application/json");
  EXPECT_EQ(response.Get("Access-Control-Allow-Origin"), "*");
  EXPECT_THAT(
      response.body,
      ::testing::MatchesRegex(R"re(\{"ticket":"[A-Za-z0-9_-]+","expires_at":"[0-9T:.-]+Z"\}.)re"));
  // What libraries send with a POST without data.
  HttpConnection connection(gateway.http());
  for (const char* body : {"", "{}"}) {
    HttpFields fields = Bearer(issuer_.Token(kMe));
    fields.emplace_back("Content-Length", base::Concat(std::string_view(body).size()));
    connection.Send(RequestText("POST", "/v1/tickets", fields) + body);
    EXPECT_EQ(connection.ReadResponse().status, 201);
  }
  EXPECT_EQ(
      HttpExchange(gateway.http(), RequestText("POST", "/v1/tickets",
                                               {{"Cookie", "sse_gateway=" + issuer_.Token(kMe)}}))
          .status,
      401);
}

TEST_F(SubscriberAuthTest, GrantsThatDoNotFitIntoATicketAreNotCut) {
  const GatewayProcess gateway(issuer_.Flags());
  std::string topics;
  for (int i = 0; i < 120; ++i) topics += base::Concat(i == 0 ? "" : ",", "\"topic-", i, ".>\"");
  const std::string token = issuer_.Token(R"("sub":"me","topics":[)" + topics + "]");
  EXPECT_EQ(AskForTicket(gateway, token).status, 413);
  SseReader reader(gateway.http(), {.fields = Bearer(token)});
  reader.Hello();
}

// A browser comes back with the same URL, wherever its balancer sends it.
TEST_F(SubscriberAuthTest, ATicketIsGoodAtEveryReplicaWithItsKeys) {
  const ReplacedFile keys(kKeyA);
  const std::vector<std::string> flags =
      issuer_.Flags({"--ticket_key_file=" + keys.path(), "--allow_origins=https://app.example"});
  const GatewayProcess one(flags);
  const GatewayProcess two(flags);
  const GatewayProcess other(issuer_.Flags());
  const std::string ticket = TicketOf(AskForTicket(one, issuer_.Token(kMe)));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(StatusWith(one, ticket), 200);
    EXPECT_EQ(StatusWith(two, ticket), 200);
  }
  EXPECT_EQ(StatusWith(other, ticket), 401) << "it has a key of its own";
}

TEST_F(SubscriberAuthTest, TicketKeysRotateWithoutARefusal) {
  const ReplacedFile keys(kKeyA);
  const GatewayProcess gateway(issuer_.Flags({"--ticket_key_file=" + keys.path()}));
  const auto replace = [&](const std::string& text, const char* result, double count) {
    keys.Write(text);
    gateway.Signal(SIGHUP);
    return gateway.WaitForMetric(
        base::Concat(R"(ticket_key_reloads_total{result=")", result, R"("})"), count);
  };
  const std::string token = issuer_.Token(kMe);
  const std::string of_a = TicketOf(AskForTicket(gateway, token));
  ASSERT_TRUE(replace(std::string(kKeyB) + kKeyA, "ok", 1));
  EXPECT_EQ(StatusWith(gateway, of_a), 200);
  const std::string of_b = TicketOf(AskForTicket(gateway, token));
  ASSERT_TRUE(replace(kKeyB, "ok", 2));
  EXPECT_EQ(StatusWith(gateway, of_a), 401);
  EXPECT_EQ(StatusWith(gateway, of_b), 200);
  // A file with a fault changes nothing, and says so in one line without what it holds.
  ASSERT_TRUE(replace("c2VjcmV0\n", "failed", 1));
  EXPECT_EQ(StatusWith(gateway, of_b), 200);
  EXPECT_THAT(gateway.Log(), AllOf(HasSubstr("level=error msg=\"ticket keys not read\""),
                                   HasSubstr("line 1"), Not(HasSubstr("c2VjcmV0"))));
}

TEST_F(SubscriberAuthTest, CookiesAreForThisSiteAlone) {
  const GatewayProcess gateway(issuer_.Flags({"--allow_origins=https://app.example"}));
  const std::string cookie = "a=b; sse_gateway=" + issuer_.Token(kMe);
  const auto status = [&](HttpFields fields) {
    fields.emplace_back("Cookie", cookie);
    HttpConnection connection(gateway.http());
    connection.Send(RequestText("GET", "/sse", fields));
    return connection.ReadHead().status;
  };
  EXPECT_EQ(status({}), 200);
  EXPECT_EQ(status({{"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(status({{"Origin", kPage}, {"Sec-Fetch-Site", "same-site"}}), 200);
  EXPECT_EQ(status({{"Origin", "http://localhost"}}), 200);
  EXPECT_EQ(status({{"Sec-Fetch-Site", "cross-site"}}), 401);
  EXPECT_EQ(status({{"Origin", kPage}, {"Sec-Fetch-Site", "cross-site"}}), 401);
  EXPECT_EQ(status({{"Origin", "https://other.example"}}), 403) << "as without --auth";
}

// "*" is for pages that bring their own token; a cookie comes along by itself.
TEST_F(SubscriberAuthTest, WithAnyOriginACookieIsForTheGatewaysOwnPages) {
  const GatewayProcess gateway(issuer_.Flags({"--auth_cookie=token"}));
  const HttpFields cookie = {{"Cookie", "token=" + issuer_.Token(kMe)}};
  SseReader own(gateway.http(), {.fields = cookie});
  own.Hello();
  HttpFields of_page = cookie;
  of_page.emplace_back("Origin", kPage);
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/events", of_page).status, 401);
}

TEST_F(SubscriberAuthTest, AnonymousTopicsNeedNoToken) {
  const GatewayProcess gateway(issuer_.Flags({"--anonymous_topics=public.>"}));
  Publisher publisher(gateway.grpc());
  publisher.Publish(NumberedEvent("eu.a", "k", 1));
  publisher.Publish(NumberedEvent("public.a", "k", 2));
  SseReader reader(gateway.http());
  EXPECT_THAT(NumbersOf(reader.Events(1)), ElementsAre(2U));
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/events?topic=eu.a").status, 401);
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/events?topic=public.a", Bearer(issuer_.Token(kMe))).status,
            403);
}

TEST_F(SubscriberAuthTest, APreflightAllowsAuthorization) {
  const GatewayProcess gateway(issuer_.Flags({"--allow_origins=https://app.example"}));
  for (const char* path : {"/v1/tickets", "/v1/events", "/v1/snapshot"}) {
    const HttpResponse response = HttpExchange(
        gateway.http(), RequestText("OPTIONS", path,
                                    {{"Origin", kPage},
                                     {"Access-Control-Request-Method", "POST"},
                                     {"Access-Control-Request-Headers", "authorization"}}));
    EXPECT_EQ(response.status, 204) << path;
    EXPECT_EQ(response.Get("Access-Control-Allow-Origin"), kPage);
    EXPECT_THAT(response.Get("Access-Control-Allow-Headers"), HasSubstr("authorization"));
  }
}

TEST_F(SubscriberAuthTest, FaultsOfTheFlagsEndTheStart) {
  const ReplacedFile short_key("c2VjcmV0\n");
  for (const std::string how : {"--check_config", "--check_config=false"}) {
    const RunResult result =
        RunGateway(issuer_.Flags({how, "--granted_topics=a.{sub", "--anonymous_topics=a..b",
                                  "--ticket_key_file=" + short_key.path()}));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, AllOf(HasSubstr("--granted_topics=a.{sub: "),
                                  HasSubstr("--anonymous_topics=a..b: "),
                                  HasSubstr("--ticket_key_file="), Not(HasSubstr("c2VjcmV0"))));
  }
}

TEST_F(SubscriberAuthTest, TheStartSaysWhatIsOpen) {
  const std::string line = "msg=\"open to whoever reaches it\"";
  // All of its log: it may not have said everything when it listens.
  const auto log_of = [](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--drain_delay=0s", "--drain_window=0s"});
    GatewayProcess gateway(flags);
    gateway.Terminate();
    EXPECT_EQ(gateway.WaitExit(), 0);
    return gateway.Log();
  };
  EXPECT_THAT(log_of({}), HasSubstr(line));
  EXPECT_THAT(log_of(issuer_.Flags()), Not(HasSubstr(line)));
}

}  // namespace
}  // namespace ssegw::testing
