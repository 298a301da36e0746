#include "internal/log/rate_limited.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/time.h"
#include "internal/log/capture_for_test.h"

namespace ssegw::log {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::EndsWith;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

TEST(RateLimitedTest, WritesOneLineInEachInterval) {
  CaptureForTest capture;
  RateLimited limited(milliseconds(1000));
  for (int ms = 0; ms <= 2000; ms += 100) {
    limited.Log(Level::kWarn, "refused", {{"ms", ms}}, kStart + milliseconds(ms));
  }
  EXPECT_THAT(capture.lines(),
              ElementsAre(EndsWith("level=warn msg=refused ms=0"),
                          EndsWith("level=warn msg=refused ms=1000 suppressed=9"),
                          EndsWith("level=warn msg=refused ms=2000 suppressed=9")));
}

TEST(RateLimitedTest, CountsSuppressedLinesAnewAfterEachLine) {
  CaptureForTest capture;
  RateLimited limited(milliseconds(10));
  limited.Log(Level::kInfo, "m", {}, kStart);
  limited.Log(Level::kInfo, "m", {}, kStart);
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(10));
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(20));
  EXPECT_THAT(capture.lines(),
              ElementsAre(EndsWith("msg=m"), EndsWith("msg=m suppressed=1"), EndsWith("msg=m")));
}

TEST(RateLimitedTest, LineOfALevelThatIsOffDoesNotUseUpTheInterval) {
  CaptureForTest capture;
  RateLimited limited(milliseconds(1000));
  limited.Log(Level::kDebug, "off", {}, kStart);
  limited.Log(Level::kInfo, "on", {}, kStart);
  EXPECT_THAT(capture.lines(), ElementsAre(EndsWith("msg=on")));
}

TEST(RateLimitedTest, SeveralLinesInAnIntervalComeAtOnceOrEvenly) {
  CaptureForTest capture;
  RateLimited limited(milliseconds(1000), 4);
  for (int i = 0; i < 10; ++i) limited.Log(Level::kInfo, "m", {}, kStart);
  EXPECT_THAT(capture.lines(), testing::SizeIs(4));
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(249));
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(250));
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(251));
  ASSERT_THAT(capture.lines(), testing::SizeIs(5));
  EXPECT_THAT(capture.lines().back(), EndsWith("suppressed=7"));
  for (int i = 0; i < 10; ++i) limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(5000));
  EXPECT_THAT(capture.lines(), testing::SizeIs(9));
}

TEST(RateLimitedTest, WhatNoLaterLineTellsIsThereToBeTaken) {
  CaptureForTest capture;
  RateLimited limited(milliseconds(1000), 2);
  for (int i = 0; i < 5; ++i) limited.Log(Level::kInfo, "m", {}, kStart);
  EXPECT_EQ(limited.TakeSuppressed(kStart + milliseconds(999)), 0U) << "a line may come to tell it";
  EXPECT_EQ(limited.TakeSuppressed(kStart + milliseconds(1000)), 3U);
  EXPECT_EQ(limited.TakeSuppressed(kStart + milliseconds(1000)), 0U);
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(1000));
  EXPECT_THAT(capture.lines().back(), EndsWith("msg=m"));
}

TEST(RateLimitedTest, ThreadsTogetherGetOneLineAndLoseNoCount) {
  constexpr int kThreads = 4;
  constexpr int kLinesEach = 1000;
  CaptureForTest capture;
  RateLimited limited(milliseconds(1000));
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int line = 0; line < kLinesEach; ++line) limited.Log(Level::kInfo, "m", {}, kStart);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_THAT(capture.lines(), testing::SizeIs(1));
  limited.Log(Level::kInfo, "m", {}, kStart + milliseconds(1000));
  ASSERT_THAT(capture.lines(), testing::SizeIs(2));
  // A line suppressed between the winner's exchange and its reading of the count is in its own
  // line.
  const auto count_in = [](const std::string& line) {
    const size_t at = line.find("suppressed=");
    return at == std::string::npos ? 0 : std::stoi(line.substr(at + 11));
  };
  EXPECT_EQ(count_in(capture.lines()[0]) + count_in(capture.lines()[1]), kThreads * kLinesEach - 1);
}

}  // namespace
}  // namespace ssegw::log
