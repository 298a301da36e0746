#include "gateway/app/file_watch.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "gtest/gtest.h"
#include "internal/base/time.h"

namespace ssegw::app {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

bool Reaches(const std::atomic<int>& count, int wanted) {
  const base::TimePoint end = base::Now() + std::chrono::seconds(10);
  while (count < wanted && base::Now() < end) std::this_thread::sleep_for(1ms);
  return count >= wanted;
}

TEST(FileWatchTest, CallsEachReaderAgainAndAgain) {
  std::atomic<int> first{0};
  std::atomic<int> second{0};
  FileWatch watch(1ms);
  watch.Add([&] { ++first; });
  watch.Add([&] { ++second; });
  watch.Start();
  EXPECT_TRUE(Reaches(first, 3));
  EXPECT_TRUE(Reaches(second, 3));
}

TEST(FileWatchTest, CallsThemWhenAsked) {
  std::atomic<int> calls{0};
  FileWatch watch(1h);
  watch.Add([&] { ++calls; });
  watch.Start();
  watch.Ask();
  EXPECT_TRUE(Reaches(calls, 1));
  watch.Ask();
  EXPECT_TRUE(Reaches(calls, 2));
}

TEST(FileWatchTest, EndsWithoutHavingStarted) {
  FileWatch watch;
  watch.Add([] {});
  FileWatch idle;
  idle.Start();
  idle.Ask();
}

}  // namespace
}  // namespace ssegw::app
