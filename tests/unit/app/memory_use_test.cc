#include "gateway/app/memory_use.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ssegw::app {
namespace {

// A tree of files such as the kernel's.
class MemoryUseTest : public testing::Test {
 protected:
  MemoryUseTest() {
    std::filesystem::remove_all(root_);
    Write("cgroup", "");
    Write("statm", "5000 100 20 1 0 50 0\n");
  }
  ~MemoryUseTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  MemoryUse Make(size_t limit_flag = 0) const {
    return MemoryUse(limit_flag, {.cgroup_of_self = root_ / "cgroup",
                                  .cgroup_root = root_ / "fs",
                                  .statm = root_ / "statm",
                                  .meminfo = root_ / "meminfo"});
  }

  const size_t resident_ = 100 * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("memory_use_" + std::to_string(getpid()));
};

TEST_F(MemoryUseTest, WithoutAnyLimitItIsMostOfWhatTheMachineHasAvailable) {
  Write("meminfo",
        "MemTotal:       16000000 kB\nHugePages_Total:       0\nMemAvailable:    8000000 kB\n");
  EXPECT_EQ(Make().limit(), size_t{6'000'000} * 1024);
  EXPECT_EQ(Make().in_use(), resident_);
  Write("fs/memory.max", "max\n");
  EXPECT_EQ(Make().limit(), size_t{6'000'000} * 1024);
  Write("fs/memory.max", "12000000000\n");
  EXPECT_EQ(Make().limit(), 12'000'000'000U) << "somebody chose it";
  EXPECT_EQ(Make(7000).limit(), 7000U);
}

TEST_F(MemoryUseTest, WhereNothingTellsThereIsNone) {
  EXPECT_EQ(Make().limit(), 0U);
  EXPECT_EQ(Make().in_use(), resident_);
  Write("fs/memory.max", "max\n");
  Write("fs/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Make().limit(), 0U);
}

TEST_F(MemoryUseTest, TheFlagGoesBeforeTheCgroup) {
  Write("fs/memory.max", "5000\n");
  Write("fs/memory.current", "900000000\n");
  EXPECT_EQ(Make(7000).limit(), 7000U);
  EXPECT_EQ(Make(7000).in_use(), resident_);
}

TEST_F(MemoryUseTest, InAContainerTheRootIsItsGroup) {
  Write("cgroup", "0::/kubepods/pod1\n");
  Write("fs/memory.max", "268435456\n");
  Write("fs/memory.current", "100000000\n");
  Write("fs/memory.stat", "anon 60000000\nfile 30000000\nsock 10000000\n");
  EXPECT_EQ(Make().limit(), 268435456U);
  EXPECT_EQ(Make().in_use(), 70'000'000U) << "without what the kernel can drop";
}

TEST_F(MemoryUseTest, AGroupOfItsOwnIsFoundByItsPath) {
  Write("cgroup", "3:cpuset:/\n0::/system.slice/sse-gateway.service\n");
  Write("fs/system.slice/sse-gateway.service/memory.max", "1000000\n");
  Write("fs/system.slice/sse-gateway.service/memory.current", "100\n");
  EXPECT_EQ(Make().limit(), 1'000'000U);
  EXPECT_EQ(Make().in_use(), resident_) << "never less than the process itself";
}

TEST_F(MemoryUseTest, VersionOneIsReadToo) {
  Write("cgroup", "4:memory:/docker/2\n0::/\n");
  Write("fs/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("fs/memory/docker/2/memory.limit_in_bytes", "2000000\n");
  Write("fs/memory/docker/2/memory.usage_in_bytes", "90000000\n");
  Write("fs/memory/docker/2/memory.stat", "cache 1\ntotal_cache 10000000\n");
  EXPECT_EQ(Make().limit(), 2'000'000U);
  EXPECT_EQ(Make().in_use(), 80'000'000U);
}

TEST_F(MemoryUseTest, OfThisProcessItIsSomething) { EXPECT_GT(MemoryUse(1).in_use(), 100'000U); }

}  // namespace
}  // namespace ssegw::app
