// ConnectionService as operators and backends call it, against browsers of every kind.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "ssegateway/v1/connections.grpc.pb.h"
#include "tests/integration/certificate_directory.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http2_client.h"
#include "tests/testing/issuer.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/tls_client.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using grpc::StatusCode;
using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::Connection;
using ssegateway::v1::GetConnectionRequest;
using ssegateway::v1::GetConnectionResponse;
using ssegateway::v1::ListConnectionsRequest;
using ssegateway::v1::ListConnectionsResponse;
using ssegateway::v1::SendToConnectionRequest;
using ssegateway::v1::SendToConnectionResponse;
using ssegateway::v1::Wait;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// So that it does not take long until a browser takes no more.
const SseOptions kSmallBuffer{.tcp = {.receive_buffer_bytes = 4096}};

// Whoever calls the service.
class Operator {
 public:
  // token: empty: none.
  explicit Operator(const std::string& grpc, std::string token = "")
      : token_(std::move(token)),
        stub_(ssegateway::v1::ConnectionService::NewStub(
            grpc::CreateChannel(grpc, grpc::InsecureChannelCredentials()))) {}

  grpc::Status List(const ListConnectionsRequest& request, ListConnectionsResponse* page) {
    grpc::ClientContext context;
    if (!token_.empty()) context.AddMetadata("authorization", base::Concat("Bearer ", token_));
    if (from_page_) context.AddMetadata("origin", "https://page.example");
    return stub_->ListConnections(&context, request, page);
  }
  grpc::StatusCode CodeOfList() {
    ListConnectionsResponse page;
    return List({}, &page).error_code();
  }
  void CallFromPage() { from_page_ = true; }
  std::vector<std::string> AllIds(ListConnectionsRequest request) {
    std::vector<std::string> ids;
    do {
      ListConnectionsResponse page;
      const grpc::Status status = List(request, &page);
      EXPECT_TRUE(status.ok()) << status.error_message();
      if (!status.ok()) break;
      for (const Connection& connection : page.connections()) ids.push_back(connection.id());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
  // Without an id if there is none.
  Connection Get(const std::string& id) {
    grpc::ClientContext context;
    GetConnectionRequest request;
    request.set_id(id);
    GetConnectionResponse response;
    const grpc::Status status = stub_->GetConnection(&context, request, &response);
    EXPECT_TRUE(status.ok() || status.error_code() == StatusCode::NOT_FOUND);
    return response.connection();
  }
  grpc::Status Send(const std::string& id, const std::string& json, const std::string& type = "",
                    Wait wait = ssegateway::v1::WAIT_UNSPECIFIED,
                    milliseconds patience = seconds(20)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + patience);
    SendToConnectionRequest request;
    request.set_id(id);
    request.set_json(json);
    request.set_type(type);
    request.set_wait(wait);
    SendToConnectionResponse response;
    return stub_->SendToConnection(&context, request, &response);
  }
  // Messages that are answered when they are queued, until no more fit. Returns how many did.
  int Fill(const std::string& id) {
    const std::string json = base::Concat("\"", std::string(8'000, 'x'), "\"");
    int sent = 0;
    while (Send(id, json, "", ssegateway::v1::WAIT_QUEUED).ok()) ++sent;
    return sent;
  }
  grpc::Status Close(const CloseConnectionsRequest& request, uint64_t* closed) {
    grpc::ClientContext context;
    CloseConnectionsResponse response;
    const grpc::Status status = stub_->CloseConnections(&context, request, &response);
    *closed = response.closed();
    return status;
  }

 private:
  const std::string token_;
  bool from_page_ = false;
  std::unique_ptr<ssegateway::v1::ConnectionService::Stub> stub_;
};

std::vector<SseBlock> Named(const std::vector<SseBlock>& blocks, std::string_view event) {
  std::vector<SseBlock> named;
  std::ranges::copy_if(blocks, std::back_inserter(named),
                       [&](const SseBlock& block) { return block.event == event; });
  return named;
}

TEST(ConnectionsTest, ManyAreListedInPages) {
  const GatewayProcess gateway({"--threads=2"});
  std::vector<std::unique_ptr<SseReader>> readers;
  std::set<std::string> expected;
  for (int i = 0; i < 120; ++i) {
    readers.push_back(std::make_unique<SseReader>(
        gateway.http(), SseOptions{.query = i % 2 == 0 ? "topic=even.>" : "topic=odd.*"}));
    expected.insert(readers.back()->Hello().connection);
  }
  Operator caller(gateway.grpc());
  ListConnectionsRequest request;
  request.set_page_size(50);
  const std::vector<std::string> all = caller.AllIds(request);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), expected);
  EXPECT_EQ(all.size(), expected.size());
  EXPECT_TRUE(std::ranges::is_sorted(all));
  request.set_topic("odd.a");
  EXPECT_EQ(caller.AllIds(request).size(), 60U);
  request.set_topic("odd.a.b");
  EXPECT_EQ(caller.AllIds(request).size(), 0U);

  ListConnectionsResponse page;
  request.set_page_size(1001);
  EXPECT_EQ(caller.List(request, &page).error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST(ConnectionsTest, OneIsShownWithWhatItsBrowserHasGot) {
  const GatewayProcess gateway;
  SseReader reader(gateway.http(), {.query = "topic=a.*&topic=b&mode=all",
                                    .fields = {{"User-Agent", "Mozilla/5.0 (\xE4)"}}});
  const std::string id = reader.Hello().connection;
  reader.AwaitLive();
  const std::string event = Publisher(gateway.grpc()).MustPublish(NumberedEvent("a.b", "k", 1));
  reader.EventsThrough(event);
  Operator caller(gateway.grpc());
  Connection shown;
  ASSERT_TRUE(WaitFor([&] {
    shown = caller.Get(id);
    return shown.frames() == 1;
  }));
  EXPECT_EQ(shown.id(), id);
  EXPECT_TRUE(id.starts_with(shown.replica() + "-"));
  EXPECT_EQ(shown.address(), "127.0.0.1");
  EXPECT_EQ(shown.user_agent(), "Mozilla/5.0 (\xEF\xBF\xBD)");
  EXPECT_THAT(shown.filters(), ElementsAre("a.*", "b"));
  EXPECT_EQ(shown.mode(), "all");
  EXPECT_EQ(shown.cursor(), event);
  EXPECT_EQ(shown.lag_events(), 0U);
  EXPECT_GT(shown.bytes(), 0U);
  EXPECT_GE(shown.last_write_at().seconds(), shown.opened_at().seconds());
  EXPECT_EQ(caller.Get("k3f9x2ab-shard-0-1").id(), "");
}

TEST(ConnectionsTest, MessagesComeInOrderToOneAlone) {
  const GatewayProcess gateway;
  SseReader reader(gateway.http());
  SseReader other(gateway.http());
  const std::string id = reader.Hello().connection;
  other.AwaitLive();
  Operator caller(gateway.grpc());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(caller
                    .Send(id, base::Concat("{ \"n\": ", i, " }"), i % 2 == 0 ? "" : "note",
                          i % 3 == 0 ? ssegateway::v1::WAIT_QUEUED : ssegateway::v1::WAIT_DELIVERED)
                    .ok());
  }
  const std::vector<SseBlock> messages = reader.Events(50);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(messages[i].data, base::Concat("{\"n\":", i, "}"));
    EXPECT_EQ(messages[i].event, i % 2 == 0 ? "" : "note");
    EXPECT_FALSE(messages[i].id.has_value());
  }
  Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_TRUE(other.Event().id.has_value()) << "the other one got a message";

  EXPECT_EQ(caller.Send(id, "{]").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(caller.Send(id, "1", "gateway.bye").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(caller.Send(id, "1", "", static_cast<Wait>(9)).error_code(),
            StatusCode::INVALID_ARGUMENT);
  const std::string large = base::Concat("\"", std::string(65'535, 'x'), "\"");
  EXPECT_EQ(caller.Send(id, large).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(caller.Send("nobody", "1").error_code(), StatusCode::NOT_FOUND);
}

TEST(ConnectionsTest, AStuckBrowserCostsItsQueue) {
  const GatewayProcess gateway;
  SseReader reader(gateway.http(), kSmallBuffer);
  const std::string id = reader.Hello().connection;
  reader.AwaitLive();
  Operator caller(gateway.grpc());
  const int filled = caller.Fill(id);
  const double waits = gateway.Scrape()["send_queue_bytes"];
  EXPECT_GT(waits, 48 * 1024);
  EXPECT_LE(waits, 64 * 1024);
  const std::string json = base::Concat("\"", std::string(8'000, 'x'), "\"");
  EXPECT_EQ(caller.Send(id, json).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  reader.Events(static_cast<size_t>(filled));
  ASSERT_TRUE(gateway.WaitForMetric("send_queue_bytes", 0));
  EXPECT_TRUE(caller.Send(id, "\"end\"").ok());
  EXPECT_EQ(reader.Event().data, "\"end\"");
}

TEST(ConnectionsTest, AMessageThatIsTakenBackIsNeverSent) {
  const GatewayProcess gateway({"--send_queue_bytes=1000000"});
  SseReader reader(gateway.http(), kSmallBuffer);
  const std::string id = reader.Hello().connection;
  reader.AwaitLive();
  Operator caller(gateway.grpc());
  // More than its socket takes, and less than may wait.
  const std::string json = base::Concat("\"", std::string(8'000, 'x'), "\"");
  int sent = 0;
  while (gateway.Scrape()["send_queue_bytes"] < 100'000) {
    ASSERT_TRUE(caller.Send(id, json, "", ssegateway::v1::WAIT_QUEUED).ok());
    ++sent;
  }
  EXPECT_EQ(caller.Send(id, "\"late\"", "", ssegateway::v1::WAIT_DELIVERED, milliseconds(200))
                .error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(gateway.WaitForMetric(R"(messages_sent_total{result="expired"})", 1));
  const std::vector<SseBlock> messages = reader.Events(static_cast<size_t>(sent));
  for (const SseBlock& message : messages) EXPECT_EQ(message.data->size(), json.size());
  EXPECT_TRUE(caller.Send(id, "\"end\"").ok());
  EXPECT_EQ(reader.Event().data, "\"end\"");
}

TEST(ConnectionsTest, ABrowserThatLeavesBeforeItHasTakenAMessageIsNotFound) {
  const GatewayProcess gateway({"--send_queue_bytes=1000000"});
  auto reader = std::make_unique<SseReader>(gateway.http(), kSmallBuffer);
  const std::string id = reader->Hello().connection;
  reader->AwaitLive();
  Operator caller(gateway.grpc());
  const std::string json = base::Concat("\"", std::string(8'000, 'x'), "\"");
  while (gateway.Scrape()["send_queue_bytes"] < 100'000) {
    ASSERT_TRUE(caller.Send(id, json, "", ssegateway::v1::WAIT_QUEUED).ok());
  }
  std::thread leaves([&] {
    std::this_thread::yield();
    reader = nullptr;
  });
  EXPECT_EQ(caller.Send(id, "1").error_code(), StatusCode::NOT_FOUND);
  leaves.join();
  EXPECT_TRUE(gateway.WaitForMetric("send_queue_bytes", 0));
}

TEST(ConnectionsTest, ClosedOnesComeBackWhenTheyAreTold) {
  const GatewayProcess gateway;
  SseReader a(gateway.http(), {.query = "topic=a"});
  SseReader b(gateway.http(), {.query = "topic=b"});
  const std::string id = a.Hello().connection;
  b.AwaitLive();
  Operator caller(gateway.grpc());
  CloseConnectionsRequest request;
  uint64_t closed = 0;
  EXPECT_EQ(caller.Close(request, &closed).error_code(), StatusCode::INVALID_ARGUMENT);
  request.add_ids(id);
  request.add_ids("nobody");
  request.mutable_retry()->set_seconds(100);
  ASSERT_TRUE(caller.Close(request, &closed).ok());
  EXPECT_EQ(closed, 1U);
  const std::vector<SseBlock> byes = Named(a.EventsToEnd(), "gateway.bye");
  ASSERT_EQ(byes.size(), 1U);
  EXPECT_EQ(byes[0].data, R"({"reason":"closed"})");
  // Jittered by half.
  EXPECT_GE(std::stoi(*byes[0].retry), 50'000);
  EXPECT_LE(std::stoi(*byes[0].retry), 150'000);
  EXPECT_TRUE(a.ended_well());
  EXPECT_EQ(caller.Send(id, "1").error_code(), StatusCode::NOT_FOUND);

  request.Clear();
  request.set_filter("*");
  ASSERT_TRUE(caller.Close(request, &closed).ok());
  EXPECT_EQ(closed, 1U);
  EXPECT_EQ(Named(b.EventsToEnd(), "gateway.bye").size(), 1U);
  EXPECT_TRUE(gateway.WaitForMetric(R"(connections_closed_total{reason="closed"})", 2));
  EXPECT_THAT(gateway.Log(), HasSubstr("msg=\"connections closed by an operator\""));
}

TEST(ConnectionsTest, StreamsOfOneHttp2ConnectionAreEachTheirOwn) {
  const GatewayProcess gateway;
  Http2Client browser(gateway.http());
  const int32_t first = browser.Get("/v1/events?topic=a");
  const int32_t second = browser.Get("/v1/events?topic=b");
  ASSERT_TRUE(browser.ReadUntil(first, "event: gateway.live\ndata: {}\n\n"));
  ASSERT_TRUE(browser.ReadUntil(second, "event: gateway.live\ndata: {}\n\n"));
  Operator caller(gateway.grpc());
  const std::string id = browser.answer(first).Get("x-connection-id");
  ASSERT_TRUE(caller.Send(id, "1", "note").ok());
  ASSERT_TRUE(browser.ReadUntil(first, "event: note\ndata: 1\n\n"));
  CloseConnectionsRequest request;
  request.set_filter("b");
  uint64_t closed = 0;
  ASSERT_TRUE(caller.Close(request, &closed).ok());
  EXPECT_EQ(closed, 1U);
  ASSERT_TRUE(browser.ReadToEnd(second));
  EXPECT_THAT(browser.answer(second).body, HasSubstr("data: {\"reason\":\"closed\"}\n\n"));
  EXPECT_THAT(browser.answer(second).body, Not(HasSubstr("note")));
  ASSERT_TRUE(caller.Send(id, "2").ok());
  EXPECT_TRUE(browser.ReadUntil(first, "data: 2\n\n"));
}

TEST(ConnectionsTest, TlsMakesNoDifference) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  TlsClient browser(gateway.http(), {.ca = TestCertificate::Ca()});
  ASSERT_TRUE(browser.ShakeHands()) << browser.peer().error();
  browser.Get("/v1/events");
  ASSERT_TRUE(browser.ReadUntil("event: gateway.live"));
  Operator caller(gateway.grpc());
  const std::vector<std::string> ids = caller.AllIds({});
  ASSERT_EQ(ids.size(), 1U);
  const std::string large = base::Concat("\"", std::string(60'000, 'x'), "\"");
  std::thread reads([&] { EXPECT_TRUE(browser.ReadUntil("data: 2\n\n")); });
  EXPECT_TRUE(caller.Send(ids[0], large).ok());
  EXPECT_TRUE(caller.Send(ids[0], "2").ok());
  reads.join();
  EXPECT_THAT(browser.received(), HasSubstr(large));
}

TEST(ConnectionsTest, OnlyWhoHasTheWordInHisGrantsMayAsk) {
  const Issuer issuer;
  const GatewayProcess gateway(issuer.Flags({"--publisher_auth=jwt"}));
  const auto code_with = [&](const std::string& token) {
    return Operator(gateway.grpc(), token).CodeOfList();
  };
  EXPECT_EQ(code_with(""), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(code_with(issuer.Token(R"("sub":"orders","publish":[">"])")),
            StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(code_with(issuer.Token(R"("sub":"operator","publish":["@connections"])")),
            StatusCode::OK);
  EXPECT_EQ(gateway.Scrape()[R"(connection_calls_total{call="list",result="forbidden"})"], 1);
  EXPECT_EQ(gateway.Scrape()[R"(connection_calls_total{call="list",result="ok"})"], 1);
  EXPECT_EQ(gateway.Scrape()["auth_grants_voided_total"], 0);
}

TEST(ConnectionsTest, APageMayNotAsk) {
  const GatewayProcess gateway;
  Operator page(gateway.grpc());
  EXPECT_EQ(page.CodeOfList(), StatusCode::OK);
  page.CallFromPage();
  EXPECT_EQ(page.CodeOfList(), StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace ssegw::testing
