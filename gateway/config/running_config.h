#ifndef SSEGW_GATEWAY_CONFIG_RUNNING_CONFIG_H_
#define SSEGW_GATEWAY_CONFIG_RUNNING_CONFIG_H_

#include <map>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/parse.h"

namespace ssegw::config {

// An option whose value differs from the one that runs; the values as they were written, without
// passwords.
struct FlagChange {
  std::string flag;
  std::string before;
  std::string after;

  friend bool operator==(const FlagChange&, const FlagChange&) = default;
};

// In the order of Options().
struct Changes {
  std::vector<FlagChange> made;
  // These keep their values.
  std::vector<FlagChange> need_restart;
};

// The configuration that a process runs with, and what reading it again changes.
//
// Thread: one.
class RunningConfig {
 public:
  // at_start: without faults.
  explicit RunningConfig(const ParseResult& at_start);

  const Config& config() const { return config_; }

  // Applies what can change at run time. read: without faults.
  Changes Update(const ParseResult& read);

 private:
  Config config_;
  std::map<std::string, std::string> texts_;
};

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_RUNNING_CONFIG_H_
