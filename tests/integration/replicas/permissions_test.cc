// What the servers of k8s/components/nats let a gateway do is what it needs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "internal/base/concat.h"
#include "tests/integration/replicas/stream_backup.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Keys that are quiet for longer are in the mirror alone.
constexpr char kShortLog[] = "--window_max_events=10";

// The server's words in the log of a gateway.
constexpr char kRefused[] = "Permissions Violation";

// "permissions: { publish: [ … ] subscribe: [ … ] }", as it stands there. The log is named as it is
// by default.
std::string DeployedPermissions() {
  std::ifstream file(SSEGW_NATS_CONF);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const size_t begin = text.find("permissions: {");
  if (begin == std::string::npos) throw Failure("no permissions in " SSEGW_NATS_CONF);
  return text.substr(begin, text.find('}', begin) + 1 - begin);
}

std::string Without(std::string permissions, const std::string& subject) {
  const std::string quoted = base::Concat('"', subject, '"');
  const size_t at = permissions.find(quoted);
  if (at == std::string::npos) throw Failure(subject + " is not there");
  // An array may have no empty place.
  return permissions.replace(at, quoted.size(), "\"nothing\"");
}

// A user for the gateway, and one that may do everything.
std::string Users(const std::string& permissions) {
  return base::Concat(
      "authorization { users: [ { user: admin, password: all }\n"
      "{ user: gateway, password: own\n",
      permissions, " } ] }");
}

class ReplicasPermissionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  }

  static std::string StoreFlag(const NatsServer& server) {
    return "--store=nats://gateway:own@" + server.address();
  }
  static StreamTool AdminOf(const NatsServer& server) {
    return StreamTool(
        nats::DialOptions{.servers = {server.address()}, .user = "admin", .password = "all"});
  }
  // nullopt: there is no such stream now.
  static std::optional<uint64_t> LastSeq(StreamTool& admin, const std::string& stream) try {
    return admin.LastSeq(stream);
  } catch (const Failure&) {
    return std::nullopt;
  }
  static void ExpectToKnowEachOther(const GatewayProcess& a, const GatewayProcess& b) {
    for (const GatewayProcess* gateway : {&a, &b}) {
      EXPECT_TRUE(WaitFor([&] {
        return gateway->Log().find("msg=\"replica there\"") != std::string::npos;
      })) << gateway->Log();
    }
  }
  // A gateway loads for as long as the server refuses what it asks for, and is ready when the
  // server has these permissions.
  static void ExpectToLoadWhenGiven(NatsServer& server, const std::string& permissions) {
    Process gateway(GatewayBinary(), {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                      "--admin_listen=127.0.0.1:0", StoreFlag(server), kShortLog});
    const auto says = [&](const std::string& text) {
      return WaitFor([&] { return gateway.Stderr().find(text) != std::string::npos; });
    };
    ASSERT_TRUE(says(kRefused) && says("msg=loading")) << gateway.Stderr();
    const std::string log = gateway.Stderr();
    const size_t begin = log.find("admin=") + 6;
    const std::string admin = log.substr(begin, log.find_first_of(" \n", begin) - begin);
    EXPECT_THAT(HttpGet(admin, "/readyz").body, HasSubstr("loading"));
    server.Terminate();
    EXPECT_THAT(gateway.Stderr(), Not(HasSubstr("msg=listening")));
    server.Configure(Users(permissions));
    server.Start();
    EXPECT_TRUE(WaitFor([&] { return HttpGet(admin, "/readyz").status == 200; }))
        << gateway.Stderr();
    gateway.Signal(SIGTERM);
    gateway.Signal(SIGINT);
    EXPECT_EQ(gateway.WaitExit(), 0);
  }
};

TEST_F(ReplicasPermissionsTest, AreEnoughForAllThatAGatewayDoesWithItsLog) {
  const NatsServer server(Users(DeployedPermissions()));
  StreamTool admin = AdminOf(server);
  const GatewayProcess a({StoreFlag(server), kShortLog});
  Publisher publisher(a.grpc());
  publisher.MustPublish(NumberedEvent("t", "quiet", 1));
  // Before the log lets it go.
  ASSERT_TRUE(WaitFor([&] { return admin.LastSeq("ssegw_keys") == 1; }));
  for (uint32_t n = 2; n <= 20; ++n) publisher.MustPublish(NumberedEvent("t", "busy", n));
  // It loads both streams, and asks the other one.
  const GatewayProcess b({StoreFlag(server), kShortLog});
  EXPECT_THAT(HttpGet(b.http(), "/v1/snapshot").body, HasSubstr("quiet"));
  ExpectToKnowEachOther(a, b);
  SseReader reader(b.http(), {.query = "mode=all&start=earliest"});
  EXPECT_EQ(NumberOf(reader.Events(10).back()), 20U);

  EXPECT_EQ(admin.RemoveConsumers("ssegw_log"), 2U);
  EXPECT_TRUE(b.WaitForMetric(R"(store_consumer_restarts_total{reason="deleted"})", 1));
  publisher.MustPublish(NumberedEvent("t", "busy", 21));
  EXPECT_EQ(NumberOf(reader.Event()), 21U);

  admin.Remove("ssegw_log");
  const SseBlock reset = reader.Event();
  EXPECT_EQ(reset.event, "gateway.reset");
  EXPECT_THAT(reset.data.value_or(""), HasSubstr("other_epoch"));
  const std::string id = publisher.MustPublish(NumberedEvent("t", "new", 22));
  EXPECT_THAT(id, Not(HasSubstr(a.epoch())));
  // With 2.9 the mirror may be made twice, and the gateways load again.
  EXPECT_EQ(reader.EventsThrough(id).back().id, id);
  EXPECT_TRUE(WaitFor([&] { return LastSeq(admin, "ssegw_keys") == admin.LastSeq("ssegw_log"); }))
      << "the mirror is made anew";
  // A request that nobody waits for has no other sign of being refused.
  for (const GatewayProcess* gateway : {&a, &b}) {
    EXPECT_THAT(gateway->Log(), Not(HasSubstr(kRefused)));
  }
}

TEST_F(ReplicasPermissionsTest, WithoutOneThatIsNeededTheGatewayLoadsWhenItIsGiven) {
  const std::string all = DeployedPermissions();
  NatsServer server(Users(Without(all, "$JS.API.STREAM.CREATE.ssegw_keys")));
  ExpectToLoadWhenGiven(server, all);
  {
    const GatewayProcess gateway({StoreFlag(server), kShortLog});
    Publisher publisher(gateway.grpc());
    for (uint32_t n = 1; n <= 20; ++n) publisher.MustPublish(NumberedEvent("t", "k", n));
  }
  for (const char* const subject :
       {"$JS.API.STREAM.INFO.ssegw_log", "$JS.API.CONSUMER.CREATE.ssegw_log.>",
        "$JS.API.CONSUMER.MSG.NEXT.ssegw_log.>", "$JS.API.CONSUMER.MSG.NEXT.ssegw_keys.>",
        "_INBOX.>"}) {
    SCOPED_TRACE(subject);
    server.Terminate();
    server.Configure(Users(Without(all, subject)));
    server.Start();
    ExpectToLoadWhenGiven(server, all);
  }
}

}  // namespace
}  // namespace ssegw::testing
