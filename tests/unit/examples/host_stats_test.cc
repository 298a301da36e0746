#include "examples/host_dashboard/host_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/unit/examples/value_of.h"

namespace host_dashboard {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::SizeIs;

TEST(ParseStatTest, CountsWaitingForDisksAsIdleAndGuestsOnce) {
  // user 10, nice 1, system 5, idle 70, iowait 4, irq 2, softirq 3, steal 5, guest 9 (in user).
  const auto stat = ValueOf(ParseStat("cpu  10 1 5 70 4 2 3 5 9 0\nintr 5 6\n"));
  EXPECT_EQ(stat.all.total, 100u);
  EXPECT_EQ(stat.all.busy, 26u);
}

TEST(ParseStatTest, LeavesAGapForACoreThatIsOffline) {
  const auto stat = ValueOf(ParseStat("cpu  2 0 0 2\ncpu0 1 0 0 1\ncpu2 1 0 0 1\nctxt 1\n"));
  EXPECT_THAT(stat.cores, ElementsAre(Key(0), Key(2)));
}

TEST(ParseStatTest, IsAbsentWithoutItsLine) {
  EXPECT_FALSE(ParseStat(""));
  EXPECT_FALSE(ParseStat("intr 1 2 3\n"));
}

struct MeminfoCase {
  std::string name;
  std::string text;
  std::optional<std::uint64_t> available;
};

class ParseMeminfoTest : public testing::TestWithParam<MeminfoCase> {};

TEST_P(ParseMeminfoTest, FindsWhatIsAvailable) {
  const auto memory = ParseMeminfo(GetParam().text);
  if (!GetParam().available) {
    EXPECT_FALSE(memory);
    return;
  }
  EXPECT_EQ(ValueOf(memory).total, 1000u * 1024);
  EXPECT_EQ(ValueOf(memory).available, GetParam().available);
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseMeminfoTest,
    testing::Values(
        MeminfoCase{"Modern", "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n",
                    400 * 1024},
        MeminfoCase{"OldKernel", "MemTotal: 1000 kB\nMemFree: 1 kB\nBuffers: 2 kB\nCached: 3 kB\n",
                    6 * 1024},
        MeminfoCase{"MoreThanThereIs", "MemTotal: 1000 kB\nMemAvailable: 4000 kB\n", 1000 * 1024},
        MeminfoCase{"NoTotal", "MemFree: 1 kB\n", std::nullopt},
        MeminfoCase{"Empty", "", std::nullopt},
        MeminfoCase{"NotNumbers", "MemTotal: many kB\n", std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(ParseLoadavgTest, ReadsTheThreeAverages) {
  const auto load = ValueOf(ParseLoadavg("0.35 1.23 10.09 1/94 14286\n"));
  EXPECT_DOUBLE_EQ(load.one_minute, 0.35);
  EXPECT_DOUBLE_EQ(load.five_minutes, 1.23);
  EXPECT_DOUBLE_EQ(load.fifteen_minutes, 10.09);
  EXPECT_FALSE(ParseLoadavg(""));
  EXPECT_FALSE(ParseLoadavg("a b c\n"));
}

TEST(ParseUptimeTest, ReadsWholeSeconds) {
  EXPECT_EQ(ParseUptime("1276.79 2409.22\n"), 1276u);
  EXPECT_FALSE(ParseUptime(""));
}

TEST(ParseDiskstatsTest, CountsSectorsOf512Bytes) {
  const IoByDevice disks = ParseDiskstats(
      " 254       0 vda 76963 28309 10 21080 77333 21878 20 14685 0 11156 36817 7754 32\n"
      "truncated 1 2\n");
  ASSERT_THAT(disks, ElementsAre(Key("vda")));
  EXPECT_EQ(disks.at("vda").in, 5120u);
  EXPECT_EQ(disks.at("vda").out, 10240u);
}

TEST(ParseNetDevTest, ReadsInterfacesWithAndWithoutABlankAfterTheColon) {
  const IoByDevice interfaces = ParseNetDev(
      "Inter-|   Receive                            |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
      "    lo:    3267      29    0    0    0     0          0         0     3268      29 0\n"
      "  eth0:249552921 6406 0 0 0 0 0 0 328599 4322 0 0 0 0 0 0\n");
  ASSERT_THAT(interfaces, ElementsAre(Key("eth0"), Key("lo")));
  EXPECT_EQ(interfaces.at("eth0").in, 249552921u);
  EXPECT_EQ(interfaces.at("eth0").out, 328599u);
  EXPECT_EQ(interfaces.at("lo").out, 3268u);
}

std::string ProcessLine(const std::string& name) {
  return "42 (" + name + ") R 1 1 1 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 777 2998272 391 18446744\n";
}

struct ProcessNameCase {
  std::string name;
  std::string in_the_file;
  std::string expected;
};

class ParseProcessStatTest : public testing::TestWithParam<ProcessNameCase> {};

TEST_P(ParseProcessStatTest, ReadsWhateverTheNameHolds) {
  const auto process = ValueOf(ParseProcessStat(ProcessLine(GetParam().in_the_file)));
  EXPECT_EQ(process.pid, 42);
  EXPECT_EQ(process.name, GetParam().expected);
  EXPECT_EQ(process.cpu_ticks, 42u);
  EXPECT_EQ(process.start_ticks, 777u);
  EXPECT_EQ(process.rss_pages, 391u);
}

INSTANTIATE_TEST_SUITE_P(All, ParseProcessStatTest,
                         testing::Values(ProcessNameCase{"Plain", "bash", "bash"},
                                         ProcessNameCase{"BlanksAndParentheses", "a) R (b",
                                                         "a) R (b"},
                                         ProcessNameCase{"Empty", "", ""},
                                         ProcessNameCase{"CutCharacter", "caf\xc3", "caf?"},
                                         ProcessNameCase{"Control", "a\x01\x7f", "a??"}),
                         [](const auto& test) { return test.param.name; });

TEST(ParseProcessStatTest, IsAbsentForWhatIsNotAProcess) {
  EXPECT_FALSE(ParseProcessStat(""));
  EXPECT_FALSE(ParseProcessStat("42 (bash"));
  EXPECT_FALSE(ParseProcessStat(")("));
  EXPECT_FALSE(ParseProcessStat("42 (bash) R 1 1\n"));
  EXPECT_FALSE(
      ParseProcessStat("x (bash) R 1 1 1 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 777 2 391 1\n"));
}

TEST(ParseOsNameTest, TakesThePrettyNameWithoutItsQuotes) {
  EXPECT_EQ(ParseOsName("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"), "Debian GNU/Linux 12");
  EXPECT_EQ(ParseOsName("PRETTY_NAME=Alpine"), "Alpine");
  EXPECT_FALSE(ParseOsName("ID=debian\n"));
}

// A made-up /proc and /sys.
class ReadHostSampleTest : public testing::Test {
 protected:
  ReadHostSampleTest()
      : root_(fs::path(testing::TempDir()) / ("host_stats_test." + std::to_string(getpid()))) {
    fs::create_directories(root_);
  }
  ~ReadHostSampleTest() override { fs::remove_all(root_); }

  void Write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  HostSample Read() { return ReadHostSample(root_ / "proc", root_ / "sys"); }

  const fs::path root_;
};

TEST_F(ReadHostSampleTest, HasNothingWhereThereIsNothing) {
  const HostSample sample = Read();
  EXPECT_FALSE(sample.cpu);
  EXPECT_FALSE(sample.memory);
  EXPECT_FALSE(sample.load);
  EXPECT_FALSE(sample.uptime_s);
  EXPECT_THAT(sample.disks, IsEmpty());
  EXPECT_THAT(sample.networks, IsEmpty());
  EXPECT_THAT(sample.processes, IsEmpty());
}

TEST_F(ReadHostSampleTest, CountsEachDiskOnceAndNoVolumes) {
  Write("proc/diskstats",
        "254 0 vda 1 1 1 1 1 1 1 1\n254 1 vda1 1 1 1 1 1 1 1 1\n253 0 dm-0 1 1 1 1 1 1 1 1\n");
  Write("sys/block/vda/device/model", "");
  Write("sys/block/dm-0/size", "");
  EXPECT_THAT(Read().disks, ElementsAre(Key("vda")));
}

TEST_F(ReadHostSampleTest, CountsHardwareInterfacesWhereThereAreAny) {
  Write("proc/net/dev", "lo: 1 1 0 0 0 0 0 0 1\neth0: 1 1 0 0 0 0 0 0 1\nbr0: 1 1 0 0 0 0 0 0 1\n");
  EXPECT_THAT(Read().networks, ElementsAre(Key("br0"), Key("eth0"))) << "in a container";
  Write("sys/class/net/eth0/device/vendor", "");
  EXPECT_THAT(Read().networks, ElementsAre(Key("eth0")));
}

TEST_F(ReadHostSampleTest, PassesOverProcessesThatCannotBeRead) {
  Write("proc/42/stat", ProcessLine("bash"));
  Write("proc/43/status", "ended meanwhile");
  // Opening succeeds and reading fails, as for a process that ends in between.
  fs::create_directories(root_ / "proc/44/stat");
  Write("proc/self/stat", ProcessLine("not a number"));
  const HostSample sample = Read();
  ASSERT_THAT(sample.processes, SizeIs(1));
  EXPECT_EQ(sample.processes[0].name, "bash");
}

TEST(HostTest, ThisMachineIsReadable) {
  const HostSample sample = ReadHostSample();
  EXPECT_GT(ValueOf(sample.cpu).all.total, 0u);
  EXPECT_THAT(sample.processes, Not(IsEmpty()));
}

}  // namespace
}  // namespace host_dashboard
