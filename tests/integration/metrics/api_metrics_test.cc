// What /metrics says of the HTTP API, beside what was asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "internal/base/concat.h"
#include "tests/integration/metrics/driven_series.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/issuer.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

// Asks, and counts what was answered itself.
class ApiMetricsTest : public ::testing::Test {
 protected:
  std::string Ask(const std::string& route, std::string_view method, const std::string& target,
                  const std::string& body = {}, std::string_view token = "good") {
    HttpFields fields = {{"Authorization", base::Concat("Bearer ", token)}};
    if (!body.empty()) fields.emplace_back("Content-Length", base::Concat(body.size()));
    return Send(route, RequestText(method, target, fields) + body);
  }
  std::string Send(const std::string& route, std::string_view text) {
    const HttpResponse response = HttpExchange(gateway_.api(), text);
    ++counted_[{route, response.status}];
    return response.body;
  }

  const ReplacedFile tokens_{"good\n"};
  const GatewayProcess gateway_{{"--api_listen=127.0.0.1:0", "--api_token_file=" + tokens_.path(),
                                 "--send_queue_bytes=1024", "--request_header_timeout=300ms"}};
  std::map<std::pair<std::string, int>, int> counted_;
};

TEST_F(ApiMetricsTest, RequestsAreThoseThatWereMadeByWhatTheyCameTo) {
  SseReader reader(gateway_.http(), {.query = "topic=nothing"});
  const std::string connection = "/@connections/" + reader.head().Get("X-Connection-Id");
  Ask("post_to_connection", "POST", connection, "x");
  for (int i = 0; i < 2; ++i) Ask("post_to_connection", "POST", connection);
  for (int i = 0; i < 3; ++i) Ask("post_to_connection", "POST", "/@connections/gone", "x");
  for (int i = 0; i < 2; ++i) {
    Ask("post_to_connection", "POST", connection, std::string(2000, 'x'));
  }
  for (int i = 0; i < 4; ++i) Ask("get_connection", "GET", connection);
  for (int i = 0; i < 2; ++i) Ask("get_connection", "GET", "/@connections/gone");
  for (int i = 0; i < 3; ++i) Ask("publish", "POST", "/v1/publish?topic=a", "1");
  for (int i = 0; i < 2; ++i) Ask("publish", "POST", "/v1/publish?topic=a..b", "1");
  Ask("publish", "POST", "/v1/publish?topic=a", std::string(1'000'000, '1'));
  Ask("none", "GET", "http:");
  for (int i = 0; i < 2; ++i) Ask("none", "GET", connection, "", "bad");
  Send("none", RequestText("GET", connection, {{"Cookie", "a=b"}}));
  for (int i = 0; i < 3; ++i) Ask("none", "GET", "/elsewhere");
  for (int i = 0; i < 2; ++i) Ask("none", "PUT", connection);
  Send("none", "GET / HTTP/1.1\r\nHost:");
  Ask("none", "GET", connection, "body");
  Send("none", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  Send("none", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(40'000, 'a') + "\r\n\r\n");
  Ask("delete_connection", "DELETE", connection);
  for (int i = 0; i < 2; ++i) Ask("delete_connection", "DELETE", "/@connections/gone");

  const Metrics metrics = gateway_.Scrape();
  for (const auto& [asked, count] : counted_) {
    ExpectSeries(metrics,
                 base::Concat(R"(api_requests_total{route=")", asked.first, R"(",code=")",
                              asked.second, R"("})"),
                 ::testing::Eq(count));
  }
}

}  // namespace
}  // namespace ssegw::testing
