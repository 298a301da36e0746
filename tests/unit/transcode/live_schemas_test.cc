#include "internal/transcode/live_schemas.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/transcode/acme.h"

namespace ssegw::transcode {
namespace {

std::shared_ptr<const Schemas> Load(const std::vector<std::string>& files) {
  auto schemas = Schemas::Load(files, JsonOptions());
  EXPECT_TRUE(schemas.ok()) << schemas.status();
  return *std::move(schemas);
}

const std::string kType = "acme.v1.Everything";
const std::string kWire("\x18\x05", 2);  // int32_value: 5

TEST(LiveSchemasTest, CallsAreOfTheSchemasOfTheMoment) {
  LiveSchemas live(Load({}));
  std::string json;
  EXPECT_FALSE(live.ToJson(kType, kWire, &json, nullptr).ok());
  live.Set(Load({DescriptorSetPath("acme.pb")}));
  EXPECT_TRUE(live.ToJson(kType, kWire, &json, nullptr).ok());
  EXPECT_EQ(json, R"({"int32Value":5})");
  EXPECT_TRUE(live.AnyToJson(AnyWire("x/" + kType, kWire), &json, nullptr).ok());
  EXPECT_EQ(json, R"({"@type":"x/acme.v1.Everything","int32Value":5})");
}

TEST(LiveSchemasTest, GivesOlderOnesBackWhenNobodyUsesThem) {
  LiveSchemas live(Load({DescriptorSetPath("acme.pb")}));
  const std::weak_ptr<const Schemas> older = live.Get();
  std::shared_ptr<const SchemaPool> in_use = live.GetPool();
  live.Set(Load({}));
  EXPECT_FALSE(older.expired());
  EXPECT_NE(in_use->FindMessage(kType), nullptr);
  in_use = nullptr;
  EXPECT_TRUE(older.expired());
}

// A sanitizer sees what a call uses after it was given back.
TEST(LiveSchemasTest, ChangeUnderCallsThatAreUnderWay) {
  LiveSchemas live(Load({DescriptorSetPath("acme.pb")}));
  std::atomic<bool> stop = false;
  std::atomic<int> good = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      while (!stop) {
        std::string json;
        if (live.ToJson(kType, kWire, &json, nullptr).ok() && json == R"({"int32Value":5})") {
          ++good;
        } else {
          ADD_FAILURE() << json;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) live.Set(Load({DescriptorSetPath("acme.pb")}));
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_GT(good, 0);
}

}  // namespace
}  // namespace ssegw::transcode
