#include "gateway/app/metrics/open_files.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace ssegw::app {
namespace {

// Numbers of this process's files are below it: the size of the kernel's table (proc(5)).
size_t TableSize() {
  constexpr std::string_view kName = "FDSize:";
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kName)) return std::strtoull(line.c_str() + kName.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

size_t CountOpenFiles() {
  struct stat directory{};
  const bool counted = ::stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0;
  return counted ? static_cast<size_t>(directory.st_size) : PollOpenFiles();
}

size_t PollOpenFiles() {
  // A few at a time, because poll takes at most RLIMIT_NOFILE of them.
  std::array<pollfd, 256> some;
  const size_t size = TableSize();
  size_t count = 0;
  for (size_t begin = 0; begin < size; begin += some.size()) {
    const size_t n = std::min(some.size(), size - begin);
    for (size_t i = 0; i < n; ++i)
      some[i] = {.fd = static_cast<int>(begin + i), .events = 0, .revents = 0};
    if (::poll(some.data(), n, 0) < 0) continue;
    count += static_cast<size_t>(std::count_if(some.begin(), some.begin() + n, [](const pollfd& f) {
      return (f.revents & POLLNVAL) == 0;
    }));
  }
  return count;
}

}  // namespace ssegw::app
