#ifndef SSEGW_TESTS_TESTING_PROCESS_H_
#define SSEGW_TESTS_TESTING_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {

// A child process, its output, and its end.
//
// Lifetime: the destructor kills it; it never outlives the test's process.
class Process {
 public:
  // environment: in addition to the test's own, without the gateway's variables. max_open_files:
  // its RLIMIT_NOFILE; 0 for the test's own.
  Process(const std::string& binary, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment = {}, size_t max_open_files = 0);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  std::string Stdout() const;
  std::string Stderr() const;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // The exit code, or 128 plus the signal that ended it; nullopt if it still runs.
  std::optional<int> WaitExit(base::Duration patience = kPatience);
  size_t RssBytes() const;
  // Counts only its part of the memory that it shares with other processes.
  size_t PssBytes() const;
  // User and system time of all its threads, ended ones included; zero if the process has ended.
  base::Duration CpuTime() const;

 private:
  // Anonymous files, so that a test that does not read never blocks the child.
  int stdout_fd_;
  int stderr_fd_;
  pid_t pid_;
  std::optional<int> exit_code_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_PROCESS_H_
