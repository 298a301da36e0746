#include "examples/host_dashboard/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace host_dashboard {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Ge;
using testing::Le;

auto About(int ms) { return AllOf(Ge(milliseconds(ms / 2)), Le(milliseconds(ms * 3 / 2))); }

TEST(BackoffTest, DoublesUpToItsBoundAndBeginsAnewAfterReset) {
  Backoff backoff(milliseconds(100), milliseconds(300));
  EXPECT_THAT(backoff.Next(), About(100));
  EXPECT_THAT(backoff.Next(), About(200));
  EXPECT_THAT(backoff.Next(), About(300));
  EXPECT_THAT(backoff.Next(), About(300));
  backoff.Reset();
  EXPECT_THAT(backoff.Next(), About(100));
}

TEST(BackoffTest, ScattersItsDelays) {
  Backoff backoff(milliseconds(1'000'000), milliseconds(1'000'000));
  std::set<milliseconds> delays;
  for (int i = 0; i < 10; ++i) delays.insert(backoff.Next());
  EXPECT_GT(delays.size(), 5u);
}

}  // namespace
}  // namespace host_dashboard
