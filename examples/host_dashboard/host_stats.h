// What this machine's /proc says at one moment, as plain numbers.
//
// The Parse functions take the text of a file, so that tests need no particular machine. What is
// missing or unreadable is absent in the result, never an error: containers hide files, small
// machines have no disks, and processes end while they are being read.

#ifndef EXAMPLES_HOST_DASHBOARD_HOST_STATS_H_
#define EXAMPLES_HOST_DASHBOARD_HOST_STATS_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host_dashboard {

// Clock ticks since boot.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};

struct CpuStat {
  CpuTimes all;
  // By core number; a core that is taken offline leaves a gap.
  std::map<int, CpuTimes> cores;
};

struct MemoryBytes {
  std::uint64_t total = 0;
  // What programs can still get without swapping.
  std::uint64_t available = 0;
};

struct LoadAverages {
  double one_minute = 0;
  double five_minutes = 0;
  double fifteen_minutes = 0;
};

// Bytes since boot: read and written of a disk, received and sent of a network interface.
struct IoBytes {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};
using IoByDevice = std::map<std::string, IoBytes>;

struct ProcessStat {
  int pid = 0;
  // Printable ASCII: every other byte is a "?", for the kernel cuts names in the middle of a
  // character and a protobuf string must be UTF-8.
  std::string name;
  // Since boot; with the pid it tells a process from an earlier one that had the same pid.
  std::uint64_t start_ticks = 0;
  std::uint64_t cpu_ticks = 0;
  std::uint64_t rss_pages = 0;
};

std::optional<CpuStat> ParseStat(std::string_view text);              // /proc/stat
std::optional<MemoryBytes> ParseMeminfo(std::string_view text);       // /proc/meminfo
std::optional<LoadAverages> ParseLoadavg(std::string_view text);      // /proc/loadavg
std::optional<std::uint64_t> ParseUptime(std::string_view text);      // /proc/uptime, in seconds
IoByDevice ParseDiskstats(std::string_view text);                     // /proc/diskstats
IoByDevice ParseNetDev(std::string_view text);                        // /proc/net/dev
std::optional<ProcessStat> ParseProcessStat(std::string_view text);   // /proc/<pid>/stat
std::optional<std::string> ParseOsName(std::string_view os_release);  // /etc/os-release

struct HostSample {
  std::chrono::steady_clock::time_point time;
  std::optional<CpuStat> cpu;
  std::optional<MemoryBytes> memory;
  std::optional<LoadAverages> load;
  std::optional<std::uint64_t> uptime_s;
  // Real devices only, so that partitions, volumes, bridges and the loopback are not counted again.
  IoByDevice disks;
  IoByDevice networks;
  std::vector<ProcessStat> processes;
};

// Reads everything once. The roots are parameters for tests.
HostSample ReadHostSample(const std::filesystem::path& proc = "/proc",
                          const std::filesystem::path& sys = "/sys");

// The whole file, or "" where it cannot be read.
std::string ReadFile(const std::filesystem::path& path);

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_HOST_STATS_H_
