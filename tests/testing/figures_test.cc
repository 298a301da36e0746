#include "tests/testing/figures.h"

#include <gtest/gtest.h>

namespace ssegw::testing {
namespace {

TEST(FiguresTest, ThreePlacesAreEnough) {
  EXPECT_EQ(Number(0.125), "0.125");
  EXPECT_EQ(Number(12.51), "12.5");
  EXPECT_EQ(Number(1250.4), "1250");
  EXPECT_EQ(Milliseconds(std::chrono::microseconds(1500)), "1.500");
  EXPECT_EQ(MiB(10 * 1024 * 1024), "10.0 MiB");
}

TEST(FiguresTest, TheMedianIsTheMiddleOne) {
  EXPECT_EQ(Median({9, 1, 5}), 5);
  EXPECT_EQ(Median({}), 0);
}

TEST(FiguresTest, ATableHasItsHeadFirst) {
  EXPECT_EQ(MarkdownTable({{"", "b"}, {"1", ""}}), "| | b |\n| --- | --- |\n| 1 | |\n");
}

TEST(FiguresTest, TheMachineIsDescribed) {
  const Machine machine = ThisMachine();
  EXPECT_GT(machine.cpus, 0);
  EXPECT_GT(machine.memory_bytes, 1e6);
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_TRUE(machine.kernel.starts_with("Linux "));
}

}  // namespace
}  // namespace ssegw::testing
