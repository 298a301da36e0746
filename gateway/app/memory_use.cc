#include "gateway/app/memory_use.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

namespace ssegw::app {
namespace {

// A file with one number; nullopt where there is none, or it says "max".
std::optional<size_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  size_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// The number beside a name, in a file of such lines.
size_t ReadNamed(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string found;
  size_t number = 0;
  std::string unit;
  while (file >> found >> number && std::getline(file, unit)) {
    if (found == name) return number;
  }
  return 0;
}

// The path of the process's group in a hierarchy ("" is that of v2), from lines such as
// "0::/kubepods/pod1" and "4:memory:/docker/2".
std::string GroupPath(const std::string& cgroup_of_self, const std::string& controllers) {
  std::ifstream file(cgroup_of_self);
  const std::string wanted = ":" + controllers + ":";
  for (std::string line; std::getline(file, line);) {
    const size_t at = line.find(wanted);
    if (at != std::string::npos && line.find(':') == at) return line.substr(at + wanted.size());
  }
  return {};
}

// cgroup v1 says "no limit" with a number near the largest there is.
constexpr size_t kNoLimit = size_t{1} << 60;

}  // namespace

MemoryUse::MemoryUse(size_t limit_flag, Paths paths) : paths_(std::move(paths)) {
  if (limit_flag > 0) {
    limit_ = limit_flag;
    return;
  }
  struct Version {
    std::string root;
    std::string controllers;
    std::string limit;
    std::string current;
    std::string reclaimable;
  };
  // "MemAvailable:    8123456 kB": free, or what the kernel would drop.
  const size_t available = ReadNamed(paths_.meminfo, "MemAvailable:") * 1024;
  limit_ = available / 4 * 3;
  size_t of_cgroup = 0;
  const Version versions[] = {
      {paths_.cgroup_root, "", "memory.max", "memory.current", "file"},
      {paths_.cgroup_root + "/memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
       "total_cache"},
  };
  for (const Version& version : versions) {
    // In a container the group is often mounted as the root, whatever its path is outside.
    for (const std::string& path :
         {GroupPath(paths_.cgroup_of_self, version.controllers), std::string()}) {
      const std::string directory = version.root + path + "/";
      const std::optional<size_t> limit = ReadNumber(directory + version.limit);
      if (!limit || *limit >= kNoLimit) continue;
      if (of_cgroup != 0 && *limit >= of_cgroup) continue;
      of_cgroup = *limit;
      limit_ = *limit;
      current_file_ = directory + version.current;
      stat_file_ = directory + "memory.stat";
      reclaimable_ = version.reclaimable;
    }
  }
}

size_t MemoryUse::in_use() const {
  std::ifstream statm(paths_.statm);
  size_t virtual_pages = 0;
  size_t resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  const size_t resident = resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (current_file_.empty()) return resident;
  const size_t current = ReadNumber(current_file_).value_or(0);
  return std::max(resident, current - std::min(current, ReadNamed(stat_file_, reclaimable_)));
}

}  // namespace ssegw::app
