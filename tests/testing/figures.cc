#include "tests/testing/figures.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string_view>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

using base::Concat;

// What follows the name in the first line of a file that begins with it; empty: there is none.
std::string ValueIn(const char* file, std::string_view name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return line.substr(name.size());
  }
  return {};
}

std::string CpuModel() {
  const std::string value = ValueIn("/proc/cpuinfo", "model name");
  const size_t begin = value.find_first_not_of("\t: ");
  return begin == std::string::npos ? "unknown CPU" : value.substr(begin);
}

std::string SystemName() {
  std::string name = ValueIn("/etc/os-release", "PRETTY_NAME=");
  std::erase(name, '"');
  return name;
}

}  // namespace

std::string Number(double value) {
  std::array<char, 64> text;
  const int places = value < 10 ? 3 : value < 100 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f", places, value);
  return text.data();
}

std::string Milliseconds(base::Duration d) { return Number(base::ToSeconds(d) * 1000); }

std::string MiB(double bytes) { return Concat(Number(bytes / 1048576), " MiB"); }

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string MarkdownTable(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& cell : rows[i]) text += Concat("| ", cell, cell.empty() ? "" : " ");
    text += "|\n";
    if (i > 0) continue;
    for (size_t j = 0; j < rows[i].size(); ++j) text += "| --- ";
    text += "|\n";
  }
  return text;
}

Machine ThisMachine() {
  utsname system{};
  uname(&system);
  struct sysinfo memory{};
  sysinfo(&memory);
  return {.cpu = CpuModel(),
          .cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)),
          .memory_bytes = static_cast<double>(memory.totalram) * memory.mem_unit,
          .system = SystemName(),
          .kernel = Concat(system.sysname, " ", system.release)};
}

std::string Describe(const Machine& machine) {
  return Concat(machine.cpu, ", ", machine.cpus, " CPUs, ", MiB(machine.memory_bytes), ", ",
                machine.system, ", ", machine.kernel);
}

}  // namespace ssegw::testing
