#include "tests/testing/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>
#include <string_view>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

constexpr std::string_view kFlagVariablePrefix = "SSE_GATEWAY_";

int AnonymousFile(const char* name) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) throw Failure("memfd_create");
  return fd;
}

std::string Contents(int fd) {
  std::string contents;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(contents.size()));
    if (n <= 0) return contents;
    contents.append(buffer.data(), static_cast<size_t>(n));
  }
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(kFlagVariablePrefix))
      environment.emplace_back(*entry);
  }
  for (const auto& [name, value] : added) environment.push_back(base::Concat(name, "=", value));
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& s : strings) pointers.push_back(s.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Process::Process(const std::string& binary, const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment, size_t max_open_files)
    : stdout_fd_(AnonymousFile("stdout")), stderr_fd_(AnonymousFile("stderr")) {
  std::vector<std::string> argv = {binary};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<std::string> envp = Environment(environment);
  const std::vector<char*> argv_pointers = Pointers(argv);
  const std::vector<char*> envp_pointers = Pointers(envp);
  pid_ = fork();
  if (pid_ < 0) throw Failure("fork");
  if (pid_ == 0) {
    // Only what is safe between fork and exec in a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (max_open_files > 0) {
      const rlimit limit{.rlim_cur = max_open_files, .rlim_max = max_open_files};
      setrlimit(RLIMIT_NOFILE, &limit);
    }
    const int no_input = open("/dev/null", O_RDONLY);
    dup2(no_input, STDIN_FILENO);
    dup2(stdout_fd_, STDOUT_FILENO);
    dup2(stderr_fd_, STDERR_FILENO);
    execve(argv_pointers[0], argv_pointers.data(), envp_pointers.data());
    _exit(127);
  }
}

Process::~Process() {
  if (!exit_code_) {
    Signal(SIGKILL);
    WaitExit();
  }
  close(stdout_fd_);
  close(stderr_fd_);
}

std::string Process::Stdout() const { return Contents(stdout_fd_); }

std::string Process::Stderr() const { return Contents(stderr_fd_); }

void Process::Signal(int signal) const {
  if (exit_code_ || kill(pid_, signal) != 0 || signal != SIGSTOP) return;
  // Its threads run on until the last of them has stopped.
  siginfo_t stopped;
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WEXITED | WNOWAIT);
}

std::optional<int> Process::WaitExit(base::Duration patience) {
  WaitFor(
      [&] {
        int status = 0;
        if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
          exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return exit_code_.has_value();
      },
      patience);
  return exit_code_;
}

size_t Process::RssBytes() const {
  std::ifstream statm(base::Concat("/proc/", pid_, "/statm"));
  size_t total_pages = 0;
  size_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t Process::PssBytes() const {
  std::ifstream rollup(base::Concat("/proc/", pid_, "/smaps_rollup"));
  for (std::string line; std::getline(rollup, line);) {
    // In kB.
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  }
  return 0;
}

// By its CPU clock: what /proc/<pid>/stat has in steps of 10 ms, to the nanosecond.
base::Duration Process::CpuTime() const {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace ssegw::testing
