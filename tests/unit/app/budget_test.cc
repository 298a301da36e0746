#include "gateway/app/budget.h"

#include <gtest/gtest.h>

#include "gateway/app/memory_cost.h"
#include "gateway/config/config.h"

namespace ssegw::app {
namespace {

constexpr size_t kMiB = size_t{1024} * 1024;

TEST(FileBudgetTest, EachPortHasItsPart) {
  const FileBudget files(config::Config(), /*shards=*/2, /*open_files=*/10'000,
                         /*max_public_sockets=*/1'000'000);
  EXPECT_EQ(files.publisher_connections, 625U);  // a sixteenth
  EXPECT_EQ(files.public_sockets, 10'000U - 48 - 2 * 4 - files.admin_sockets - 625);
  EXPECT_EQ(files.connections, files.public_sockets - files.public_sockets / 16 - 1);
  EXPECT_EQ(files.held_per_shard, files.public_sockets / 32 / 2);
}

TEST(FileBudgetTest, TheApiHasAPartOnlyWhereItIs) {
  config::Config config = config::Config();
  EXPECT_EQ(FileBudget(config, 2, 10'000, 1'000'000).api_sockets, 0U);
  config.api_listen = config::Address{.port = 8090};
  const FileBudget files(config, 2, 10'000, 1'000'000);
  EXPECT_EQ(files.api_sockets, 625U);
  EXPECT_EQ(files.public_sockets, 10'000U - 48 - 3 * 4 - files.admin_sockets - 625 - 625);
}

TEST(FileBudgetTest, WithFewFilesThePublicPortHasHalfOfThem) {
  EXPECT_EQ(FileBudget(config::Config(), 64, 256, 1'000'000).public_sockets, 128U);
}

TEST(FileBudgetTest, MemoryBoundsThePublicSocketsButLeavesSome) {
  EXPECT_EQ(FileBudget(config::Config(), 2, 100'000, 5'000).public_sockets, 5'000U);
  EXPECT_EQ(FileBudget(config::Config(), 2, 100'000, 1).public_sockets, 64U);
}

TEST(FileBudgetTest, PublishersHaveWhatTheFlagSaysWithinAQuarterOfTheFiles) {
  config::Config config = config::Config();
  config.max_publisher_connections = 500;
  EXPECT_EQ(FileBudget(config, 2, 10'000, 5'000).publisher_connections, 500U);
  EXPECT_EQ(FileBudget(config, 2, 400, 5'000).publisher_connections, 100U);
}

TEST(BudgetTest, ThereIsAShardForEachCpuUnlessTheFlagSaysOtherwise) {
  config::Config config = config::Config();
  const Machine machine{.cpus = 3, .open_files = 10'000, .memory_limit = 0};
  EXPECT_EQ(Budget(config, machine).shards, 3U);
  config.threads = 2;
  EXPECT_EQ(Budget(config, machine).shards, 2U);
}

TEST(MemoryBudgetTest, WithoutALimitTheFlagsDecide) {
  const config::Config config = config::Config();
  const MemoryBudget budget(config, 0);
  EXPECT_EQ(budget.window_bytes, config.window_max_bytes);
  EXPECT_EQ(budget.window_events, config.window_max_events);
  EXPECT_EQ(budget.snapshot_keys, config.snapshot_max_keys);
  EXPECT_EQ(budget.json_bytes, config.window_max_bytes);
}

TEST(MemoryBudgetTest, BothWaysOfPublishingShare) {
  config::Config config = config::Config();
  const MemoryBudget without(config, 1000 * kMiB);
  EXPECT_EQ(without.api_body_bytes, 0U);
  config.api_listen = config::Address{.port = 8090};
  const MemoryBudget with(config, 1000 * kMiB);
  EXPECT_EQ(with.api_body_bytes, without.received_bytes / 4);
  EXPECT_EQ(with.received_bytes + 2 * with.api_body_bytes, without.received_bytes);
  // A body of many events fits however little there is.
  EXPECT_EQ(MemoryBudget(config, 32 * kMiB).api_body_bytes, 5 * kMiB);
}

TEST(MemoryBudgetTest, AShareOverrulesAFlagThatAsksForMore) {
  const MemoryBudget budget(config::Config(), 64 * kMiB);
  EXPECT_EQ(budget.window_bytes, 16 * kMiB);
  EXPECT_EQ(budget.json_bytes, 4 * kMiB);
  EXPECT_LT(budget.window_events, config::Config().window_max_events);
}

// Browsers speak HTTP/2 wherever there is TLS.
TEST(MemoryBudgetTest, WithTlsEverySocketHasRoomForHttp2) {
  config::Config config = config::Config();
  const MemoryBudget clear(config, 256 * kMiB);
  config.http_tls_cert_file = "tls.crt";
  const MemoryBudget tls(config, 256 * kMiB);
  EXPECT_LE(tls.sockets * (kBytesPerSocketWithKernel + kBytesPerTls + kBytesPerHttp2),
            MemoryBudget::Share(256 * kMiB, 21, 256 * kMiB));
  EXPECT_EQ(tls.http2_sessions, tls.sockets);
  EXPECT_LE(clear.http2_sessions * kBytesPerHttp2, MemoryBudget::Share(256 * kMiB, 1, 256 * kMiB));
  EXPECT_GT(clear.http2_sessions, 90U);
}

TEST(MemoryBudgetTest, TokensHaveAShareUpTo16MiB) {
  EXPECT_EQ(MemoryBudget(config::Config(), 0).token_bytes, 16 * kMiB);
  EXPECT_EQ(MemoryBudget(config::Config(), 100 * kMiB).token_bytes, kMiB);
  EXPECT_EQ(MemoryBudget(config::Config(), 10'000 * kMiB).token_bytes, 16 * kMiB);
}

TEST(MemoryBudgetTest, NothingIsLeftWithoutAnyRoom) {
  const MemoryBudget budget(config::Config(), 1);
  EXPECT_GE(budget.window_events, 1U);
  EXPECT_GE(budget.message_ids, 1U);
  EXPECT_GE(budget.sockets, 1U);
  EXPECT_GE(budget.head_bytes, 2U * 64 * 1024);
}

}  // namespace
}  // namespace ssegw::app
