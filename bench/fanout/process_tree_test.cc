#include "bench/fanout/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/testing/process.h"

namespace ssegw::bench {
namespace {

using ::testing::SizeIs;

// A shell that has a child that has one, which works for as long as it is let.
constexpr char kTree[] = "sh -c 'while :; do :; done & wait' & wait";

TEST(ProcessTreeTest, CountsWhatChildrenOfChildrenTake) {
  testing::Process shell("/bin/sh", {"-c", kTree});
  ProcessTree tree(shell.pid());
  ASSERT_TRUE(testing::WaitFor([&] { return tree.Processes().size() == 3; }));
  EXPECT_TRUE(testing::WaitFor([&] { return tree.CpuTime() > std::chrono::milliseconds(50); }));
  EXPECT_LT(shell.CpuTime(), std::chrono::milliseconds(50)) << "it is the child that works";
  EXPECT_GT(tree.PssBytes(), shell.PssBytes());
  const pid_t working = tree.Processes().back();
  const base::Duration before = tree.CpuTime();
  kill(working, SIGKILL);
  EXPECT_TRUE(testing::WaitFor([&] { return tree.Processes().size() < 3; }));
  EXPECT_GE(tree.CpuTime(), before) << "what has ended still counts";
}

TEST(ProcessTreeTest, AloneIsTheProcessItself) {
  const testing::Process process("/bin/sleep", {"60"});
  EXPECT_THAT(ProcessTree(process.pid()).Processes(), SizeIs(1));
}

}  // namespace
}  // namespace ssegw::bench
