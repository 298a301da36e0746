// What /metrics says of who may subscribe, beside what was asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <string>

#include "internal/base/concat.h"
#include "tests/integration/metrics/driven_series.h"
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
using ::testing::Ge;
using ::testing::Le;

constexpr char kPage[] = "https://app.example";
constexpr char kMe[] = R"("sub":"me","iss":"i","aud":"a","topics":["eu.>","a..b"])";

// Asks with each fault that a request can have, and counts them itself.
class AuthMetricsTest : public ::testing::Test {
 protected:
  int Ask(const char* result, const std::string& target, HttpFields fields = {}) {
    ++counted_[result];
    HttpConnection connection(gateway_.http());
    connection.Send(RequestText("GET", target, fields));
    const int status = connection.ReadHead().status;
    refused_ += status == 401 ? 1 : 0;
    return status;
  }
  int AskWith(const char* result, const std::string& token) {
    return Ask(result, "/v1/events", {{"Authorization", "Bearer " + token}});
  }
  std::string Ticket() {
    ++counted_["ok"];
    const HttpResponse response = HttpExchange(
        gateway_.http(),
        RequestText("POST", "/v1/tickets",
                    {{"Authorization", "Bearer " + issuer_.Token(kMe)}, {"Origin", kPage}}));
    const size_t begin = std::string_view(R"({"ticket":")").size();
    return response.body.substr(begin, response.body.find('"', begin) - begin);
  }

  const Issuer issuer_;
  const ReplacedFile ticket_keys_{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"};
  const GatewayProcess gateway_{issuer_.Flags(
      {"--jwt_issuer=i", "--jwt_audience=a", "--jwt_leeway=0", "--anonymous_topics=public.>",
       "--granted_topics=of.{tenant}", "--ticket_key_file=" + ticket_keys_.path()})};
  std::map<std::string, int> counted_;
  int refused_ = 0;
};

TEST_F(AuthMetricsTest, ChecksAreThoseThatWereMadeByWhatTheyCameTo) {
  const SigningKey foreign = SigningKey::P256();
  const std::string payload = base::Concat(R"({"exp":4102444800,)", kMe, '}');
  AskWith("ok", issuer_.Token(kMe));
  ExpectSeries(gateway_.Scrape(), R"(memory_bytes{class="tokens"})", AllOf(Ge(300), Le(2000)));
  Ask("anonymous", "/v1/events?topic=public.a");
  Ask("missing", "/v1/events?topic=eu.a");
  for (int i = 0; i < 2; ++i) AskWith("malformed", "abc");
  for (int i = 0; i < 3; ++i) {
    AskWith("algorithm", SigningKey::Secret("secret").Token("HS256", payload, "a"));
  }
  for (int i = 0; i < 4; ++i) AskWith("key", foreign.Token("ES256", payload, "b"));
  for (int i = 0; i < 5; ++i) AskWith("signature", foreign.Token("ES256", payload, "a"));
  for (int i = 0; i < 6; ++i) AskWith("expired", issuer_.Token(kMe, seconds(-1)));
  AskWith("not_yet", issuer_.Token(base::Concat(R"("nbf":4102444800,)", kMe)));
  for (int i = 0; i < 2; ++i) AskWith("issuer", issuer_.Token(R"("iss":"o","aud":"a")"));
  for (int i = 0; i < 3; ++i) AskWith("audience", issuer_.Token(R"("iss":"i","aud":"o")"));
  for (int i = 0; i < 4; ++i) Ask("ticket", "/v1/events?ticket=x");
  const std::string ticket = Ticket();
  for (int i = 0; i < 5; ++i) Ask("origin", "/v1/events?ticket=" + ticket);
  Ask("forbidden", "/v1/events?topic=us.a", {{"Authorization", "Bearer " + issuer_.Token(kMe)}});
  const Metrics metrics = gateway_.Scrape();
  for (const auto& [result, count] : counted_) {
    ExpectSeries(metrics, base::Concat(R"(auth_total{side="subscriber",result=")", result, R"("})"),
                 count);
  }
  EXPECT_EQ(counted_.size(), 14U) << "each result";
  ExpectSeries(metrics, R"(requests_rejected_total{code="401"})", refused_);
  // The stream, the ticket and what was forbidden: "a..b", and no tenant.
  ExpectSeries(metrics, "auth_grants_voided_total", 3 * 2);
}

TEST(PublisherAuthMetricsTest, ChecksAreThoseThatWereMadeByWhatTheyCameTo) {
  const Issuer issuer;
  const GatewayProcess gateway(
      issuer.Flags({"--auth=none", "--publisher_auth=jwt", "--jwt_issuer=i", "--jwt_audience=a",
                    "--jwt_leeway=0"}));
  Publisher publisher(gateway.grpc());
  constexpr int kPermissionDenied = 7;
  constexpr int kUnauthenticated = 16;
  const std::string me = R"("sub":"me","iss":"i","aud":"a","publish":["eu.>"])";
  const std::string payload = base::Concat("{", me, R"(,"exp":4102444800})");
  const SigningKey foreign = SigningKey::P256();
  const std::map<std::string, std::string> refused = {
      {"missing", ""},
      {"malformed", "abc"},
      {"algorithm", SigningKey::Secret("secret").Token("HS256", payload, "a")},
      {"key", foreign.Token("ES256", payload, "b")},
      {"signature", foreign.Token("ES256", payload, "a")},
      {"expired", issuer.Token(me, seconds(-1))},
      {"not_yet", issuer.Token(base::Concat(R"("nbf":4102444800,)", me))},
      {"issuer", issuer.Token(R"("iss":"o","aud":"a")")},
      {"audience", issuer.Token(R"("iss":"i","aud":"o")")}};
  for (const auto& [result, token] : refused) {
    EXPECT_EQ(publisher.Publish(NumberedEvent("eu.a", "k", 1), token).code, kUnauthenticated)
        << result;
  }
  const std::string good = issuer.Token(me);
  EXPECT_EQ(publisher.Publish(NumberedEvent("eu.a", "k", 1), good).code, kOk);
  EXPECT_EQ(publisher.Publish(NumberedEvent("us.a", "k", 1), good).code, kPermissionDenied);
  const Metrics metrics = gateway.Scrape();
  const auto series = [](const std::string& result) {
    return base::Concat(R"(auth_total{side="publisher",result=")", result, R"("})");
  };
  for (const auto& [result, token] : refused) ExpectSeries(metrics, series(result), 1);
  ExpectSeries(metrics, series("ok"), 2);  // each call
  ExpectSeries(metrics, series("forbidden"), 1);
  ExpectSeries(metrics, R"(events_received_total{result="forbidden"})", 1);
  ExpectSeries(metrics, R"(publisher_calls_refused_total{reason="unauthenticated"})", 9);
}

TEST_F(AuthMetricsTest, ClosesAreThoseOfTokensThatExpired) {
  SseReader reader(gateway_.http(),
                   {.fields = {{"Authorization", "Bearer " + issuer_.Token(kMe, seconds(2))}}});
  reader.EventsToEnd();
  const std::string series = R"(connections_closed_total{reason="auth_expired"})";
  EXPECT_TRUE(gateway_.WaitForMetric(series, 1));
  ExpectSeries(gateway_.Scrape(), series, 1);
}

TEST_F(AuthMetricsTest, ReloadsOfTicketKeysAreThoseThatFoundOtherKeys) {
  const auto replace = [&](const char* text, const char* result, double count) {
    ticket_keys_.Write(text);
    gateway_.Signal(SIGHUP);
    const std::string series =
        base::Concat(R"(ticket_key_reloads_total{result=")", result, R"("})");
    EXPECT_TRUE(gateway_.WaitForMetric(series, count));
    ExpectSeries(gateway_.Scrape(), series, count);
  };
  replace("8PHy8/T19vf4+fr7/P3+/+Dh4uPk5ebn6Onq6+zt7u8=\n", "ok", 1);
  replace("?\n", "failed", 1);
}

}  // namespace
}  // namespace ssegw::testing
