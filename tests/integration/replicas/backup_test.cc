// What docs/operations/replicas.md says of backups, step by step.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "internal/base/concat.h"
#include "tests/integration/replicas/stream_backup.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<GatewayProcess> GatewayOf(const NatsServer& server) {
  // Keys that are quiet for longer are in the mirror alone.
  return std::make_unique<GatewayProcess>(
      std::vector<std::string>{"--store=" + server.url(), "--window_max_events=10"});
}

std::string SnapshotOf(const GatewayProcess& gateway) {
  return HttpGet(gateway.http(), "/v1/snapshot").body;
}

SseReader ResumeAfter(const GatewayProcess& gateway, const std::string& id) {
  return SseReader(gateway.http(), {.query = "mode=all", .fields = {{"Last-Event-ID", id}}});
}

class ReplicasBackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
    server_ = std::make_unique<NatsServer>();
    gateway_ = GatewayOf(*server_);
    Publisher publisher(gateway_->grpc());
    publisher.MustPublish(NumberedEvent("t", "quiet", 1));
    StreamTool tool(server_->address());
    // Before the log lets it go.
    const auto mirror_has = [&](uint64_t seq) {
      return WaitFor([&] { return tool.LastSeq("ssegw_keys") >= seq; });
    };
    ASSERT_TRUE(mirror_has(1));
    for (uint32_t n = 2; n <= 20; ++n) publisher.MustPublish(NumberedEvent("t", "busy", n));
    before_ = SnapshotOf(*gateway_);
    epoch_ = gateway_->epoch();
    // The mirror first: one that is ahead of its log would be deleted.
    ASSERT_TRUE(mirror_has(20));
    keys_ = tool.Backup("ssegw_keys");
    log_ = tool.Backup("ssegw_log");
  }
  std::string Id(int seq) const { return base::Concat(epoch_, "-", seq); }

  std::unique_ptr<NatsServer> server_;
  std::unique_ptr<GatewayProcess> gateway_;
  std::string before_;
  std::string epoch_;
  StreamBackup keys_;
  StreamBackup log_;
};

TEST_F(ReplicasBackupTest, InAnotherClusterItHasTheSnapshotAndGoesOn) {
  const NatsServer other;
  StreamTool tool(other.address());
  tool.Restore(log_);
  tool.Restore(keys_);
  const auto gateway = GatewayOf(other);
  EXPECT_THAT(SnapshotOf(*gateway), HasSubstr("quiet"));
  EXPECT_EQ(Publisher(gateway->grpc()).MustPublish(NumberedEvent("t", "new", 21)),
            gateway->epoch() + "-21");
  // A server of 2.9 keeps the moment of creation, and with it the epoch; later ones do not.
  SseReader reader = ResumeAfter(*gateway, Id(15));
  if (gateway->epoch() == epoch_) {
    EXPECT_EQ(reader.Events(6).back().id, Id(21));
  } else {
    EXPECT_EQ(reader.Event().event, "gateway.reset");
  }
  // The mirror goes on where it was.
  EXPECT_EQ(SnapshotOf(*GatewayOf(other)), SnapshotOf(*gateway));
}

TEST_F(ReplicasBackupTest, WithoutTheMirrorQuietKeysAreGone) {
  const NatsServer other;
  StreamTool(other.address()).Restore(log_);
  const auto gateway = GatewayOf(other);
  EXPECT_THAT(before_, HasSubstr("quiet"));
  EXPECT_THAT(SnapshotOf(*gateway), ::testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(SnapshotOf(*gateway), HasSubstr("busy"));
}

TEST_F(ReplicasBackupTest, InItsOwnPlaceItTakesNoIdForOneOfItsOwnThatIsNot) {
  Publisher(gateway_->grpc()).MustPublish(NumberedEvent("t", "lost", 21));
  gateway_.reset();
  StreamTool tool(server_->address());
  tool.Remove("ssegw_log");
  tool.Remove("ssegw_keys");
  tool.Restore(log_);
  tool.Restore(keys_);
  tool.Publish("ssegw.meta.epoch", "1796000000");
  const auto gateway = GatewayOf(*server_);
  // The number of what was lost is given again.
  Publisher(gateway->grpc()).MustPublish(NumberedEvent("t", "new", 21));
  const SseBlock reset = ResumeAfter(*gateway, Id(21)).Event();
  EXPECT_EQ(reset.event, "gateway.reset");
  EXPECT_THAT(reset.data.value_or(""), HasSubstr("other_epoch"));
  EXPECT_THAT(SnapshotOf(*gateway), HasSubstr("quiet"));
  EXPECT_THAT(SnapshotOf(*gateway), ::testing::Not(HasSubstr("lost")));
}

}  // namespace
}  // namespace ssegw::testing
