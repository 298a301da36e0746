// A limit on what is made holds while it is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "internal/transcode/json_writer.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/plan.h"
#include "tests/unit/transcode/acme.h"

namespace ssegw::transcode {
namespace {

using testing::HasSubstr;

constexpr size_t kMaxBytes = size_t{1} << 20;

std::string Times(int count, const std::string& piece) {
  std::string all;
  for (int i = 0; i < count; ++i) all += piece;
  return all;
}

struct Growing {
  const char* name;
  std::string wire;  // of an acme.v1.Everything
};

// Each many times larger as JSON than it is on the wire.
std::vector<Growing> GrowingMessages() {
  const std::string empty_child = WireBuilder().Bytes(32, "");
  return {
      {"Defaults", Times(50'000, empty_child)},
      {"DefaultsInAnAny",
       WireBuilder().Bytes(88, AnyWire("a/acme.v1.Everything", Times(50'000, empty_child)))},
      {"NotInOrder", Times(20'000, empty_child) + std::string(WireBuilder().Varint(3, 1)) +
                         Times(20'000, empty_child)},
      {"PackedEnum", WireBuilder().Bytes(31, std::string(200'000, '\x01'))},
      {"ControlCharacters", WireBuilder().Bytes(14, std::string(300'000, '\x01'))},
      {"Strings", Times(400'000, WireBuilder().Bytes(29, ""))},
      {"Map",
       [] {
         std::string all;
         for (uint64_t i = 0; i < 100'000; ++i) {
           all += WireBuilder().Bytes(43, WireBuilder().Varint(1, i));
         }
         return all;
       }()},
      {"Values", Times(300'000, WireBuilder().Bytes(103, ""))},
  };
}

TEST(LimitsTest, WritingStopsAtTheLimit) {
  const Plans plans(AcmeSchemas(), {.emit_defaults = true});
  const OnePassTranscoder transcoder(plans, {.max_bytes = kMaxBytes});
  for (const Growing& one : GrowingMessages()) {
    SCOPED_TRACE(one.name);
    std::string json;
    const absl::Status status = transcoder.ToJson("acme.v1.Everything", one.wire, &json, nullptr);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("acme.v1.Everything as JSON exceeds 1048576 bytes"));
    // Of a string there is room for what may come of it as a whole.
    EXPECT_LE(json.capacity(), kMaxBytes + 2 * one.wire.size()) << "it took more on the way";
  }
}

TEST(LimitsTest, WhatFitsIsWritten) {
  const Plans plans(AcmeSchemas(), {});
  const std::string wire = WireBuilder().Bytes(14, std::string(1000, 'x'));
  const size_t size = std::string(R"({"stringValue":""})").size() + 1000;
  std::string json;
  EXPECT_TRUE(OnePassTranscoder(plans, {.max_bytes = size + 64})
                  .ToJson("acme.v1.Everything", wire, &json, nullptr)
                  .ok());
  EXPECT_EQ(json.size(), size);
  EXPECT_FALSE(OnePassTranscoder(plans, {.max_bytes = size - 1})
                   .ToJson("acme.v1.Everything", wire, &json, nullptr)
                   .ok());
}

TEST(LimitsTest, AllThatAreUnderWayShareTheScratchMemory) {
  const Plans plans(AcmeSchemas(), {});
  Scratch scratch(2 * kMaxBytes);
  const JsonLimits limits{.max_bytes = 8 * kMaxBytes, .scratch = &scratch};
  const std::string large = WireBuilder().Bytes(14, std::string(kMaxBytes, 'x'));
  std::string json;
  EXPECT_TRUE(
      OnePassTranscoder(plans, limits).ToJson("acme.v1.Everything", large, &json, nullptr).ok());
  EXPECT_EQ(scratch.in_use(), 0U) << "given back";
  {
    std::string others;
    JsonWriter another(&others, limits);
    another.Bytes(std::string(kMaxBytes, 'x'));
    EXPECT_GE(scratch.in_use(), kMaxBytes);
    std::string refused;
    const absl::Status status =
        OnePassTranscoder(plans, limits).ToJson("acme.v1.Everything", large, &refused, nullptr);
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("publish it again later"));
    EXPECT_TRUE(
        OnePassTranscoder(plans, limits)
            .ToJson("acme.v1.Everything", std::string(WireBuilder().Varint(3, 1)), &json, nullptr)
            .ok())
        << "a small one needs none of it";
  }
  EXPECT_EQ(scratch.in_use(), 0U);
}

}  // namespace
}  // namespace ssegw::transcode
