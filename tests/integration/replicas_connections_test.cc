// Questions about connections of gateways that share a log: the real binary, and a real
// nats-server.

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "ssegateway/v1/connections.grpc.pb.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using namespace std::chrono_literals;
using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::Connection;
using ssegateway::v1::ConnectionService;
using ssegateway::v1::GetConnectionRequest;
using ssegateway::v1::GetConnectionResponse;
using ssegateway::v1::ListConnectionsRequest;
using ssegateway::v1::ListConnectionsResponse;
using ssegateway::v1::SendToConnectionRequest;
using ssegateway::v1::SendToConnectionResponse;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Operator {
 public:
  explicit Operator(const GatewayProcess& gateway)
      : stub_(ConnectionService::NewStub(
            grpc::CreateChannel(gateway.grpc(), grpc::InsecureChannelCredentials()))) {}

  grpc::Status TryList(const ListConnectionsRequest& request, ListConnectionsResponse* response) {
    grpc::ClientContext context;
    return stub_->ListConnections(&context, request, response);
  }
  ListConnectionsResponse List(uint32_t page_size = 0, const std::string& page_token = "") {
    ListConnectionsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    ListConnectionsResponse response;
    const grpc::Status status = TryList(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::vector<std::string> Ids(uint32_t page_size = 0) {
    std::vector<std::string> ids;
    std::string token;
    do {
      const ListConnectionsResponse page = List(page_size, token);
      for (const Connection& connection : page.connections()) ids.push_back(connection.id());
      token = page.next_page_token();
    } while (!token.empty());
    return ids;
  }
  grpc::Status Get(const std::string& id, Connection* connection) {
    GetConnectionRequest request;
    request.set_id(id);
    GetConnectionResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetConnection(&context, request, &response);
    *connection = response.connection();
    return status;
  }
  grpc::Status Send(const std::string& id, const std::string& json) {
    SendToConnectionRequest request;
    request.set_id(id);
    request.set_json(json);
    SendToConnectionResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 20s);
    return stub_->SendToConnection(&context, request, &response);
  }
  CloseConnectionsResponse CloseAll() {
    CloseConnectionsRequest request;
    request.set_filter(">");
    CloseConnectionsResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->CloseConnections(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

 private:
  const std::unique_ptr<ConnectionService::Stub> stub_;
};

class ReplicasConnectionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
    nats_ = std::make_unique<NatsServer>(config_);
    a_ = Gateway();
    b_ = Gateway();
  }

  std::unique_ptr<GatewayProcess> Gateway() const {
    const std::string user = config_.empty() ? "" : "u:p@";
    return std::make_unique<GatewayProcess>(
        std::vector<std::string>{base::Concat("--store=nats://", user, nats_->address()),
                                 "--nats_stream=n", "--operator_actions", "--lifecycle_linger=0s"});
  }
  // Both know of each other.
  void AwaitPeers() const {
    for (const GatewayProcess* gateway : {a_.get(), b_.get()}) {
      ASSERT_TRUE(WaitFor([&] {
        return gateway->Log().find("msg=\"replica there\"") != std::string::npos;
      })) << gateway->Log();
    }
  }

  std::string config_;
  std::unique_ptr<NatsServer> nats_;
  std::unique_ptr<GatewayProcess> a_;
  std::unique_ptr<GatewayProcess> b_;
};

TEST_F(ReplicasConnectionsTest, EveryCallWorksAtAnyOfThem) {
  AwaitPeers();
  SseReader at_a(a_->http());
  SseReader at_b(b_->http());
  const std::string id_a = at_a.Hello().connection;
  const std::string id_b = at_b.Hello().connection;
  Operator to_b(*b_);
  for (const uint32_t page_size : {0U, 1U}) {
    EXPECT_THAT(to_b.Ids(page_size), UnorderedElementsAre(id_a, id_b));
    EXPECT_THAT(Operator(*a_).Ids(page_size), UnorderedElementsAre(id_a, id_b));
  }
  Connection connection;
  ASSERT_TRUE(to_b.Get(id_a, &connection).ok());
  EXPECT_EQ(connection.id(), id_a);
  EXPECT_EQ(to_b.Get(id_a + "9", &connection).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(to_b.Get("zzzzzzzz-0-1", &connection).error_code(), grpc::StatusCode::NOT_FOUND);

  for (int i = 1; i <= 3; ++i) {
    const grpc::Status sent = to_b.Send(id_a, std::to_string(i));
    EXPECT_TRUE(sent.ok()) << sent.error_message();
  }
  at_a.AwaitLive();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(at_a.Event().data, std::to_string(i));

  EXPECT_EQ(to_b.CloseAll().closed(), 2U);
  EXPECT_TRUE(WaitFor([&] { return to_b.Ids().empty(); }));
}

// The admin port's answer to a page's own request, which changes something.
HttpResponse Act(const GatewayProcess& gateway, std::string_view method, const std::string& id,
                 const std::string& body = "") {
  HttpFields fields = {{"X-Operator", "1"}};
  if (!body.empty()) {
    fields.emplace_back("Content-Type", "application/json");
    fields.emplace_back("Content-Length", std::to_string(body.size()));
  }
  return HttpExchange(gateway.admin(),
                      RequestText(method, base::Concat("/v1/connections/", id), fields) + body);
}

std::string EventsOf(const GatewayProcess& gateway, const std::string& id) {
  return HttpGet(gateway.admin(), base::Concat("/v1/connections/", id, "/events")).body;
}

TEST_F(ReplicasConnectionsTest, TheAdminPortOfOneActsOnAndRemembersThoseOfAnother) {
  AwaitPeers();
  for (const GatewayProcess* gateway : {a_.get(), b_.get()}) {
    EXPECT_THAT(EventsOf(*gateway, "nobody-0-1"), HasSubstr(R"("events":[])"));
  }
  SseReader at_a(a_->http());
  const std::string id = at_a.Hello().connection;
  at_a.AwaitLive();
  EXPECT_THAT(HttpGet(b_->admin(), "/v1/connections").body,
              HasSubstr(base::Concat(R"("replica":")", id.substr(0, id.find('-')), '"')));
  EXPECT_EQ(Act(*b_, "POST", id, R"({"json":"7"})").status, 200);
  EXPECT_EQ(at_a.Event().data, "7");
  ASSERT_TRUE(WaitFor([&] { return EventsOf(*b_, id).find("\"opened\"") != std::string::npos; }));
  EXPECT_EQ(Act(*b_, "DELETE", id).status, 200);
  for (const GatewayProcess* gateway : {a_.get(), b_.get()}) {
    EXPECT_TRUE(WaitFor([&] {
      return EventsOf(*gateway, id).find(R"("reason":"closed")") != std::string::npos;
    })) << EventsOf(*gateway, id);
  }
}

TEST_F(ReplicasConnectionsTest, AReplicaThatWasKilledHasNoConnections) {
  AwaitPeers();
  SseReader at_a(a_->http());
  const std::string id = at_a.Hello().connection;
  Operator to_b(*b_);
  EXPECT_THAT(to_b.Ids(), UnorderedElementsAre(id));
  a_->Kill();
  // As long as NATS has not seen it go it is asked, and does not answer.
  ListConnectionsResponse list;
  ASSERT_TRUE(WaitFor([&] { return to_b.TryList({}, &list).ok(); }));
  EXPECT_THAT(list.connections(), IsEmpty());
  EXPECT_FALSE(list.partial());
  Connection connection;
  EXPECT_EQ(to_b.Get(id, &connection).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ReplicasConnectionsTest, WhileTheServersAreAwayEachAnswersForItself) {
  AwaitPeers();
  SseReader at_a(a_->http());
  SseReader at_b(b_->http());
  nats_->Kill();
  Operator to_b(*b_);
  ASSERT_TRUE(WaitFor([&] { return to_b.List().partial(); }));
  EXPECT_THAT(to_b.Ids(), UnorderedElementsAre(at_b.Hello().connection));
  Connection connection;
  EXPECT_EQ(to_b.Get(at_a.Hello().connection, &connection).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  nats_->Start();
  EXPECT_TRUE(WaitFor([&] {
    const ListConnectionsResponse list = to_b.List();
    return !list.partial() && list.connections_size() == 2;
  }));
}

// What the gateway needed before there were questions between gateways.
class WithoutThePermissionTest : public ReplicasConnectionsTest {
 protected:
  WithoutThePermissionTest() {
    config_ = R"(authorization { users: [ { user: u, password: p, permissions: {
      publish: ["n.e.>", "n.meta.>", "$JS.API.>"], subscribe: ["_INBOX.>"] } } ] })";
  }
};

TEST_F(WithoutThePermissionTest, EachAnswersForItselfAndSaysWhy) {
  SseReader at_a(a_->http());
  SseReader at_b(b_->http());
  Operator to_b(*b_);
  const ListConnectionsResponse list = to_b.List();
  EXPECT_TRUE(list.partial());
  ASSERT_EQ(list.connections_size(), 1);
  EXPECT_EQ(list.connections(0).id(), at_b.Hello().connection);
  Connection connection;
  const grpc::Status status = to_b.Get(at_a.Hello().connection, &connection);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("n.ops.>"));
  EXPECT_THAT(b_->Log(), HasSubstr("msg=\"other gateways cannot be reached\""));
}

}  // namespace
}  // namespace ssegw::testing
