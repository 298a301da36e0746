#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "gateway/app/metrics/open_files.h"
#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {
namespace {

struct ProcessStat {
  double cpu_seconds = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double threads = 0;
  double start_ticks = 0;  // since boot
};

// /proc/self/stat, fields as in proc(5).
ProcessStat ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The second field is the name, in parentheses, and may hold anything.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  std::vector<std::string> fields(3);  // so that fields[n] is field n of the manual
  for (std::string field; rest >> field;) fields.push_back(field);
  if (fields.size() < 25) return {};
  const auto number = [&](size_t field) { return std::strtod(fields[field].c_str(), nullptr); };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {.cpu_seconds = (number(14) + number(15)) / ticks,
          .virtual_bytes = number(23),
          .resident_bytes = number(24) * static_cast<double>(sysconf(_SC_PAGESIZE)),
          .threads = number(20),
          .start_ticks = number(22)};
}

double BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

}  // namespace

void AddProcess(Families& families) {
  const ProcessStat stat = ReadStat();
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  families.Add(CounterFamily("process_cpu_seconds_total",
                             "User and system CPU time of the process; its rate is the number of "
                             "CPUs in use.",
                             stat.cpu_seconds));
  families.Add(GaugeFamily("process_resident_memory_bytes",
                           "Resident memory, without what the kernel holds in socket buffers.",
                           stat.resident_bytes));
  families.Add(GaugeFamily("process_virtual_memory_bytes",
                           "Virtual memory; large, and says little.", stat.virtual_bytes));
  families.Add(GaugeFamily("process_open_fds",
                           "Open file descriptors, one for each socket of any kind; compare with "
                           "process_max_fds.",
                           static_cast<double>(CountOpenFiles())));
  families.Add(GaugeFamily("process_max_fds",
                           "File descriptors that may be open: the soft limit, raised to the hard "
                           "one at start.",
                           static_cast<double>(files.rlim_cur)));
  families.Add(
      GaugeFamily("process_threads", "Threads of the process, gRPC's own included.", stat.threads));
  families.Add(GaugeFamily("process_start_time_seconds",
                           "Start of the process in Unix time; a change is a restart.",
                           BootTime() + stat.start_ticks / ticks));
}

}  // namespace ssegw::app
