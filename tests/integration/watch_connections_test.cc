// WatchConnections, against the real gateway.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "ssegateway/v1/connections.grpc.pb.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/publisher.h"
#include "tests/testing/server_stream.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::ConnectionService;
using ssegateway::v1::WatchConnectionsRequest;
using ssegateway::v1::WatchConnectionsResponse;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Watcher {
 public:
  explicit Watcher(const std::string& address, const std::string& token = "",
                   std::chrono::seconds patience = std::chrono::seconds(30))
      : call_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()),
              &ConnectionService::Stub::WatchConnections, RequestOf(token), patience) {
    // From here on nothing is missed.
    call_.WaitForHeader();
  }

  // Without an event if the call has ended.
  WatchConnectionsResponse Next() {
    const WatchConnectionsResponse response = call_.Next().value_or(WatchConnectionsResponse());
    if (!response.token().empty()) token_ = response.token();
    return response;
  }
  const std::string& token() const { return token_; }
  grpc::Status Finish() { return call_.Finish(); }

 private:
  static WatchConnectionsRequest RequestOf(const std::string& token) {
    WatchConnectionsRequest request;
    request.set_token(token);
    return request;
  }

  ServerStream<ConnectionService, WatchConnectionsRequest, WatchConnectionsResponse> call_;
  std::string token_;
};

std::unique_ptr<SseReader> Browser(const GatewayProcess& gateway, const std::string& last_id = "") {
  SseOptions options{.query = "topic=a"};
  options.fields.emplace_back("User-Agent", "Browser/1");
  if (!last_id.empty()) options.fields.emplace_back("Last-Event-ID", last_id);
  return std::make_unique<SseReader>(gateway.http(), options);
}

class WatchConnectionsTest : public ::testing::Test {
 protected:
  // Returns its id.
  std::string Publish() {
    Publisher publisher(gateway_.grpc());
    return publisher.MustPublish(NumberedEvent("a", "key", 1));
  }

  GatewayProcess gateway_{{"--lifecycle_linger=1s"}};
};

TEST_F(WatchConnectionsTest, TellsOfOneThatOpensAndCloses) {
  Watcher watcher(gateway_.grpc());
  auto browser = Browser(gateway_);
  const std::string id = browser->Hello().connection;
  const WatchConnectionsResponse opened = watcher.Next();
  ASSERT_TRUE(opened.has_opened()) << opened.DebugString();
  EXPECT_EQ(opened.opened().connection().id(), id);
  EXPECT_EQ(opened.opened().connection().address(), "127.0.0.1");
  EXPECT_EQ(opened.opened().connection().user_agent(), "Browser/1");
  EXPECT_EQ(opened.opened().connection().filters(0), "a");
  const std::string last = Publish();
  EXPECT_EQ(browser->Event().id, last);
  const auto left_at = std::chrono::steady_clock::now();
  browser = nullptr;
  const WatchConnectionsResponse closed = watcher.Next();
  ASSERT_TRUE(closed.has_closed()) << closed.DebugString();
  EXPECT_GE(std::chrono::steady_clock::now() - left_at, std::chrono::milliseconds(990));
  EXPECT_EQ(closed.closed().connection().id(), id);
  EXPECT_EQ(closed.closed().reason(), "peer_closed");
  EXPECT_EQ(closed.closed().connection().cursor(), last);
  EXPECT_EQ(closed.closed().connection().frames(), 1U);
}

TEST_F(WatchConnectionsTest, TheAdminPortTellsTheLifeOfOneThatHasClosed) {
  const auto events_of = [this](const std::string& id) {
    return HttpGet(gateway_.admin(), base::Concat("/v1/connections/", id, "/events")).body;
  };
  // Nobody watches: the first question begins it.
  EXPECT_THAT(events_of("nobody-0-1"), HasSubstr(R"("events":[])"));
  auto browser = Browser(gateway_);
  const std::string id = browser->Hello().connection;
  EXPECT_THAT(events_of(id), HasSubstr(base::Concat(R"("opened":{"connection":{"id":")", id)));
  browser = nullptr;
  ASSERT_TRUE(WaitFor([&] { return events_of(id).find("\"closed\"") != std::string::npos; }));
  EXPECT_THAT(events_of(id), HasSubstr(R"("reason":"peer_closed","closedAt":")"));
  EXPECT_THAT(HttpGet(gateway_.admin(), "/v1/lifecycle?address=127.0.0.1&limit=1").body,
              HasSubstr(R"("before":")"));
  EXPECT_THAT(HttpGet(gateway_.admin(), "/v1/lifecycle?subject=alice").body,
              HasSubstr(R"("events":[])"));
}

TEST_F(WatchConnectionsTest, AReconnectIsOneEventWhicheverIsNoticedFirst) {
  Watcher watcher(gateway_.grpc());
  const std::string last = Publish();
  auto browser = Browser(gateway_);
  browser->Event();
  std::string id = browser->Hello().connection;
  EXPECT_EQ(watcher.Next().opened().connection().id(), id);
  for (const bool comes_first : {false, true}) {
    if (!comes_first) {
      browser = nullptr;
      ASSERT_TRUE(gateway_.WaitForMetric("connections", 0));
    }
    auto next = Browser(gateway_, last);
    const std::string next_id = next->Hello().connection;
    browser = std::move(next);
    const WatchConnectionsResponse resumed = watcher.Next();
    ASSERT_TRUE(resumed.has_resumed()) << resumed.DebugString();
    EXPECT_EQ(resumed.resumed().connection().id(), next_id);
    EXPECT_EQ(resumed.resumed().previous_id(), id);
    id = next_id;
  }
  EXPECT_TRUE(gateway_.WaitForMetric("connections", 1));
}

TEST_F(WatchConnectionsTest, GoesOnFromAToken) {
  std::string token;
  {
    Watcher watcher(gateway_.grpc());
    auto first = Browser(gateway_);
    watcher.Next();
    token = watcher.token();
  }
  auto second = Browser(gateway_);
  second->Hello();
  Watcher watcher(gateway_.grpc(), token);
  std::set<std::string> told;
  for (int i = 0; i < 2; ++i) {
    const WatchConnectionsResponse response = watcher.Next();
    told.insert(response.has_opened() ? "opened" : response.has_closed() ? "closed" : "other");
  }
  EXPECT_THAT(told, SizeIs(2));
}

TEST_F(WatchConnectionsTest, ATokenThatIsNoneOrOfAnotherGatewayIsRefused) {
  Watcher bad(gateway_.grpc(), "rubbish");
  EXPECT_EQ(bad.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  std::string token;
  {
    const GatewayProcess other;
    Watcher watcher(other.grpc());
    auto browser = Browser(other);
    watcher.Next();
    token = watcher.token();
  }
  Watcher of_other(gateway_.grpc(), token);
  EXPECT_EQ(of_other.Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

size_t BrowserCount() {
  const char* const count = std::getenv("SSEGW_WATCHED_BROWSERS");
  return count == nullptr ? 1000 : static_cast<size_t>(std::atol(count));
}

// All look the same; half of them come back before their end is noticed.
TEST(WatchManyTest, ReconnectsOfManyBrowsersAreAsManyEvents) {
  const size_t count = BrowserCount();
  GatewayProcess gateway;
  Watcher watcher(gateway.grpc(), "", std::chrono::seconds(150));
  std::string last;
  {
    Publisher publisher(gateway.grpc());
    last = publisher.MustPublish(NumberedEvent("a", "key", 1));
  }
  std::vector<std::unique_ptr<SseReader>> browsers;
  std::set<std::string> open;
  for (size_t i = 0; i < count; ++i) {
    browsers.push_back(Browser(gateway));
    browsers.back()->Event();
    open.insert(watcher.Next().opened().connection().id());
  }
  EXPECT_THAT(open, SizeIs(count));
  for (size_t i = 0; i < count; ++i) {
    if (i % 2 == 0) browsers[i] = nullptr;
    auto next = Browser(gateway, last);
    next->Hello();
    browsers[i] = std::move(next);
  }
  for (size_t i = 0; i < count; ++i) {
    const WatchConnectionsResponse response = watcher.Next();
    ASSERT_TRUE(response.has_resumed()) << response.DebugString();
    EXPECT_EQ(open.erase(response.resumed().previous_id()), 1U);
    open.insert(response.resumed().connection().id());
  }
  for (const auto& browser : browsers) EXPECT_TRUE(open.contains(browser->Hello().connection));
  Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics[R"(lifecycle_events_total{event="opened"})"], static_cast<double>(count));
  EXPECT_EQ(metrics[R"(lifecycle_events_total{event="resumed"})"], static_cast<double>(count));
  EXPECT_EQ(metrics[R"(lifecycle_events_total{event="closed"})"], 0);
}

}  // namespace
}  // namespace ssegw::testing
