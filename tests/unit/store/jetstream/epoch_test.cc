#include "internal/store/jetstream/epoch.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "internal/sse/event_id.h"

namespace ssegw::store::jetstream {
namespace {

constexpr char kCreated[] = "2026-11-30T06:20:19.589354395Z";

TEST(EpochTest, IsTheSameForWhoeverReadsTheLog) {
  // Written down: browsers hold ids over upgrades of the gateway.
  EXPECT_EQ(EpochOf("ssegw_log", kCreated, 0), "kozfkpun");
}

TEST(EpochTest, IsAnotherForAnotherLog) {
  const std::set<std::string> epochs = {
      EpochOf("ssegw_log", kCreated, 0), EpochOf("ssegw_log", kCreated, 1),
      EpochOf("ssegw_log", "2026-11-30T06:20:19.589354396Z", 0), EpochOf("b_log", kCreated, 0)};
  EXPECT_EQ(epochs.size(), 4U);
  for (const std::string& epoch : epochs) {
    EXPECT_EQ(epoch.size(), 8U);
    EXPECT_TRUE(sse::ParseEventId(epoch + "-1"));
    EXPECT_EQ(epoch.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"), std::string::npos);
  }
}

TEST(GenerationTest, IsANumberAlone) {
  EXPECT_EQ(ParseGeneration(FormatGeneration(17)), 17U);
  for (const char* other : {"", "x", "1x", "-1", " 1", "99999999999999999999"}) {
    EXPECT_FALSE(ParseGeneration(other)) << other;
  }
}

}  // namespace
}  // namespace ssegw::store::jetstream
