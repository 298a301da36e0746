#include "examples/host_dashboard/host_stats.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace host_dashboard {
namespace {

namespace fs = std::filesystem;

// Takes the next line off the text; false at its end.
bool NextLine(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const std::size_t end = text.find('\n');
  line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return true;
}

std::vector<std::string_view> Fields(std::string_view line) {
  constexpr std::string_view kBlank = " \t";
  std::vector<std::string_view> fields;
  std::size_t begin = 0;
  while ((begin = line.find_first_not_of(kBlank, begin)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(kBlank, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return fields;
}

template <typename Number>
std::optional<Number> Parse(std::string_view field) {
  Number number{};
  const char* const begin = field.data();
  const char* const end = begin + field.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::uint64_t ParseOrZero(const std::vector<std::string_view>& fields, std::size_t index) {
  return index < fields.size() ? Parse<std::uint64_t>(fields[index]).value_or(0) : 0;
}

// "cpu0 user nice system idle iowait irq softirq steal guest guest_nice"; the guest times are part
// of user and nice already. Waiting for a disk is not being busy.
CpuTimes ParseCpuTimes(const std::vector<std::string_view>& fields) {
  constexpr std::size_t kFirst = 1, kIdle = 4, kIowait = 5, kSteal = 8;
  CpuTimes times;
  for (std::size_t i = kFirst; i <= kSteal; ++i) times.total += ParseOrZero(fields, i);
  times.busy = times.total - ParseOrZero(fields, kIdle) - ParseOrZero(fields, kIowait);
  return times;
}

// Hardware has a "device" link in /sys/block and /sys/class/net; partitions, volumes, RAM disks,
// bridges and the like have not.
IoByDevice OnlyHardware(const IoByDevice& devices, const fs::path& directory) {
  IoByDevice hardware;
  for (const auto& [name, bytes] : devices) {
    std::error_code ignored;
    if (fs::exists(directory / name / "device", ignored)) hardware.emplace(name, bytes);
  }
  return hardware;
}

// A container has no hardware of its own; there, what is not the loopback counts.
IoByDevice RealInterfaces(IoByDevice interfaces, const fs::path& directory) {
  IoByDevice hardware = OnlyHardware(interfaces, directory);
  if (!hardware.empty()) return hardware;
  interfaces.erase("lo");
  return interfaces;
}

std::vector<ProcessStat> ReadProcesses(const fs::path& proc) {
  std::vector<ProcessStat> processes;
  std::error_code error;
  for (fs::directory_iterator it(proc, error), end; !error && it != end; it.increment(error)) {
    if (!Parse<int>(it->path().filename().native())) continue;
    // A process that ended meanwhile reads as "".
    if (auto process = ParseProcessStat(ReadFile(it->path() / "stat"))) {
      processes.push_back(*std::move(process));
    }
  }
  return processes;
}

}  // namespace

std::optional<CpuStat> ParseStat(std::string_view text) {
  CpuStat stat;
  bool found = false;
  for (std::string_view line; NextLine(text, line);) {
    if (!line.starts_with("cpu")) continue;
    const std::vector<std::string_view> fields = Fields(line);
    if (fields[0] == "cpu") {
      stat.all = ParseCpuTimes(fields);
      found = true;
    } else if (const auto core = Parse<int>(fields[0].substr(3))) {
      stat.cores[*core] = ParseCpuTimes(fields);
    }
  }
  if (!found) return std::nullopt;
  return stat;
}

std::optional<MemoryBytes> ParseMeminfo(std::string_view text) {
  std::map<std::string_view, std::uint64_t> bytes;
  for (std::string_view line; NextLine(text, line);) {
    const std::vector<std::string_view> fields = Fields(line);  // "MemTotal:  4028500 kB"
    if (fields.size() >= 2) bytes[fields[0]] = ParseOrZero(fields, 1) * 1024;
  }
  if (bytes["MemTotal:"] == 0) return std::nullopt;
  // Kernels before 3.14 have no MemAvailable.
  const std::uint64_t available = bytes.contains("MemAvailable:")
                                      ? bytes["MemAvailable:"]
                                      : bytes["MemFree:"] + bytes["Buffers:"] + bytes["Cached:"];
  return MemoryBytes{bytes["MemTotal:"], std::min(available, bytes["MemTotal:"])};
}

std::optional<LoadAverages> ParseLoadavg(std::string_view text) {
  const std::vector<std::string_view> fields = Fields(text);
  if (fields.size() < 3) return std::nullopt;
  const auto one = Parse<double>(fields[0]);
  const auto five = Parse<double>(fields[1]);
  const auto fifteen = Parse<double>(fields[2]);
  if (!one || !five || !fifteen) return std::nullopt;
  return LoadAverages{*one, *five, *fifteen};
}

std::optional<std::uint64_t> ParseUptime(std::string_view text) {
  return Parse<std::uint64_t>(text.substr(0, text.find('.')));  // "1276.79 2409.22"
}

IoByDevice ParseDiskstats(std::string_view text) {
  // "254 0 vda reads merged sectors_read ms writes merged sectors_written …". A sector is 512 bytes
  // here, whatever the disk's own are (Documentation/admin-guide/iostats.rst).
  constexpr std::size_t kName = 2, kSectorsRead = 5, kSectorsWritten = 9;
  constexpr std::uint64_t kSectorBytes = 512;
  IoByDevice disks;
  for (std::string_view line; NextLine(text, line);) {
    const std::vector<std::string_view> fields = Fields(line);
    if (fields.size() <= kSectorsWritten) continue;
    disks[std::string(fields[kName])] = {ParseOrZero(fields, kSectorsRead) * kSectorBytes,
                                         ParseOrZero(fields, kSectorsWritten) * kSectorBytes};
  }
  return disks;
}

IoByDevice ParseNetDev(std::string_view text) {
  // Two lines of headings without a colon, then "  eth0:1234 packets …": the number may follow the
  // colon at once, and an alias has a colon in its name.
  constexpr std::size_t kReceived = 0, kSent = 8;
  IoByDevice interfaces;
  for (std::string_view line; NextLine(text, line);) {
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) continue;
    const std::vector<std::string_view> name = Fields(line.substr(0, colon));
    const std::vector<std::string_view> counters = Fields(line.substr(colon + 1));
    if (name.size() != 1 || counters.size() <= kSent) continue;
    interfaces[std::string(name[0])] = {ParseOrZero(counters, kReceived),
                                        ParseOrZero(counters, kSent)};
  }
  return interfaces;
}

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  // "pid (name) state ppid …": the name may hold blanks and parentheses, so its end is the last
  // one. Positions below count from the state, which is field 3 in proc(5).
  constexpr std::size_t kUserTicks = 11, kSystemTicks = 12, kStart = 19, kRssPages = 21;
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  const std::vector<std::string_view> before = Fields(text.substr(0, open));
  const std::vector<std::string_view> fields = Fields(text.substr(close + 1));
  if (before.size() != 1 || fields.size() <= kRssPages) return std::nullopt;
  const auto pid = Parse<int>(before[0]);
  if (!pid) return std::nullopt;

  ProcessStat process;
  process.pid = *pid;
  process.name = text.substr(open + 1, close - open - 1);
  std::replace_if(
      process.name.begin(), process.name.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  process.start_ticks = ParseOrZero(fields, kStart);
  process.cpu_ticks = ParseOrZero(fields, kUserTicks) + ParseOrZero(fields, kSystemTicks);
  process.rss_pages = ParseOrZero(fields, kRssPages);
  return process;
}

std::optional<std::string> ParseOsName(std::string_view os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  for (std::string_view line; NextLine(os_release, line);) {
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    if (line.size() >= 2 && line.front() == '"' && line.back() == '"') {
      line = line.substr(1, line.size() - 2);
    }
    return std::string(line);
  }
  return std::nullopt;
}

HostSample ReadHostSample(const fs::path& proc, const fs::path& sys) {
  HostSample sample;
  sample.time = std::chrono::steady_clock::now();
  sample.cpu = ParseStat(ReadFile(proc / "stat"));
  sample.memory = ParseMeminfo(ReadFile(proc / "meminfo"));
  sample.load = ParseLoadavg(ReadFile(proc / "loadavg"));
  sample.uptime_s = ParseUptime(ReadFile(proc / "uptime"));
  sample.disks = OnlyHardware(ParseDiskstats(ReadFile(proc / "diskstats")), sys / "block");
  sample.networks = RealInterfaces(ParseNetDev(ReadFile(proc / "net/dev")), sys / "class/net");
  sample.processes = ReadProcesses(proc);
  return sample;
}

std::string ReadFile(const fs::path& path) {
  // By way of a stream, which swallows the exception that a failing read raises in a streambuf: a
  // process that ends between open and read is such a failure.
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace host_dashboard
