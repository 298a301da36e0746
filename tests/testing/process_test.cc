#include "tests/testing/process.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;

TEST(ProcessTest, KnowsItsCpuTime) {
  Process busy("/bin/sh", {"-c", "while :; do :; done"});
  EXPECT_TRUE(WaitFor([&] { return busy.CpuTime() > milliseconds(50); }));
  const Process idle("/bin/sh", {"-c", "exec sleep 60"});
  EXPECT_LT(idle.CpuTime(), milliseconds(50));
  busy.Signal(SIGKILL);
  EXPECT_EQ(busy.WaitExit(), 128 + SIGKILL);
  EXPECT_EQ(busy.CpuTime(), base::Duration::zero()) << "there is no such process any more";
}

TEST(ProcessTest, KnowsItsMemory) {
  const Process process("/bin/sh", {"-c", "exec sleep 60"});
  // Until it is `sleep` it is a copy of this program for a moment.
  EXPECT_TRUE(WaitFor([&] {
    const size_t pss = process.PssBytes();
    return pss > 0 && process.RssBytes() >= pss;
  }));
}

}  // namespace
}  // namespace ssegw::testing
