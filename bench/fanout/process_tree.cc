#include "bench/fanout/process_tree.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "internal/base/concat.h"

namespace ssegw::bench {
namespace {

// 0: it has ended.
pid_t ParentOf(pid_t pid) {
  std::ifstream file(base::Concat("/proc/", pid, "/stat"));
  std::string line;
  std::getline(file, line);
  // After the name, in parentheses, which may have any character: the state, and the parent.
  const size_t name_end = line.rfind(") ");
  if (name_end == std::string::npos || name_end + 4 >= line.size()) return 0;
  pid_t parent = 0;
  std::from_chars(line.data() + name_end + 4, line.data() + line.size(), parent);
  return parent;
}

std::multimap<pid_t, pid_t> ChildrenByParent() {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad == std::errc() && rest == name.data() + name.size()) {
      children.emplace(ParentOf(pid), pid);
    }
  }
  return children;
}

// By its CPU clock, as testing::Process has it; zero: it has ended.
base::Duration CpuTimeOf(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

size_t PssBytesOf(pid_t pid) {
  std::ifstream rollup(base::Concat("/proc/", pid, "/smaps_rollup"));
  for (std::string line; std::getline(rollup, line);) {
    // In kB.
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  }
  return 0;
}

}  // namespace

std::vector<pid_t> ProcessTree::Processes() const {
  const std::multimap<pid_t, pid_t> children = ChildrenByParent();
  std::vector<pid_t> processes = {root_};
  for (size_t i = 0; i < processes.size(); ++i) {
    const auto [begin, end] = children.equal_range(processes[i]);
    for (auto it = begin; it != end; ++it) processes.push_back(it->second);
  }
  return processes;
}

base::Duration ProcessTree::CpuTime() {
  for (const pid_t pid : Processes()) {
    base::Duration& known = cpu_times_[pid];
    known = std::max(known, CpuTimeOf(pid));
  }
  base::Duration sum{};
  for (const auto& [pid, time] : cpu_times_) sum += time;
  return sum;
}

size_t ProcessTree::PssBytes() const {
  size_t sum = 0;
  for (const pid_t pid : Processes()) sum += PssBytesOf(pid);
  return sum;
}

}  // namespace ssegw::bench
