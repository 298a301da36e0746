#include "internal/net/transport/send_buffer.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ssegw::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMin = SendBuffer::kMinBytes;
constexpr size_t kMax = SendBuffer::kMaxBytes;

TEST(FittingSendBufferTest, IsWhatTheLinkCarriesInSomeTenthsOfASecond) {
  struct Case {
    const char* name;
    LinkSample sample;
    size_t least;
    size_t most;
  };
  for (const Case& c : {
           Case{"20 kB/s", {20'000, seconds(1), milliseconds(0)}, 6'000, 12'000},
           Case{
               "the same in less time", {5'000, milliseconds(250), milliseconds(0)}, 6'000, 12'000},
           Case{"20 kB/s, far away", {20'000, seconds(1), milliseconds(300)}, 12'000, 24'000},
           Case{"100 kB/s", {100'000, seconds(1), milliseconds(0)}, 30'000, 60'000},
           Case{"1 kB/s", {1'000, seconds(1), milliseconds(0)}, kMin, kMin},
           Case{"nothing is taken", {0, seconds(1), milliseconds(40)}, kMin, kMin},
           Case{"nothing is known", {0, seconds(0), milliseconds(0)}, kMin, kMin},
           Case{"1 MB/s", {1'000'000, seconds(1), milliseconds(1)}, kMax, kMax},
           Case{"faster than the clock", {16'000, seconds(0), milliseconds(0)}, kMax, kMax},
           Case{"as large as can be told",
                {4'294'967'295, milliseconds(1), seconds(4000)},
                kMax,
                kMax},
       }) {
    EXPECT_GE(FittingSendBuffer(c.sample), c.least) << c.name;
    EXPECT_LE(FittingSendBuffer(c.sample), c.most) << c.name;
  }
}

// A buffer that is too small for its round trip is all that the rate then tells of: one buffer a
// round trip, or two thirds, as the kernel calls only when a third is free.
TEST(FittingSendBufferTest, GrowsWhereTheBufferLimitsTheRateAndNotTheLink) {
  for (const auto round_trip : {milliseconds(1), milliseconds(40), milliseconds(300),
                                milliseconds(600), milliseconds(1000)}) {
    size_t bytes = kMin;
    for (int looks = 0; looks < 20; ++looks) {
      bytes = FittingSendBuffer({.acked_bytes = static_cast<uint32_t>(bytes * 2 / 3),
                                 .busy = round_trip,
                                 .round_trip = round_trip});
    }
    EXPECT_EQ(bytes, kMax) << round_trip.count() << " ms";
  }
}

TEST(SendBufferTest, TakesOnlyABitAtOnceUntilTheLinkIsKnown) {
  SendBuffer buffer;
  buffer.BeginStream(-1);
  ASSERT_TRUE(buffer.bytes_per_write());
  EXPECT_LE(*buffer.bytes_per_write(), kMax / 4);
  EXPECT_GE(*buffer.bytes_per_write(), kMin / 2);
}

TEST(SendBufferTest, IsLargeForALargeAnswerAndSmallForTheStreamAfterIt) {
  SendBuffer buffer;
  buffer.BeginAnswer(-1, 1000);
  EXPECT_TRUE(buffer.bytes_per_write());
  buffer.BeginAnswer(-1, 100'000);
  EXPECT_EQ(buffer.bytes_per_write(), std::nullopt);
  buffer.BeginStream(-1);
  EXPECT_TRUE(buffer.bytes_per_write());
}

}  // namespace
}  // namespace ssegw::net
