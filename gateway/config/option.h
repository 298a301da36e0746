#ifndef SSEGW_GATEWAY_CONFIG_OPTION_H_
#define SSEGW_GATEWAY_CONFIG_OPTION_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gateway/config/config.h"

namespace ssegw::config {

// What the options set: the configuration, and what to do with it.
struct Settings {
  Config config;
  bool check_config = false;
  std::optional<ProbeTarget> probe;
  bool help = false;
  bool version = false;
};

// One flag. A flag is added by a member of Config, which has the default, and by a row of the table
// in options.cc. --help is made from the table, and a test holds docs/configuration.md to it.
//
// It is a table of our own and not ABSL_FLAG, because abseil's parser ends the process by itself,
// with status 1 and at the first kind of fault, knows no environment that is weaker than a flag,
// and keeps values in globals. The syntax is abseil's (command_line.h), and abseil reads the values
// (flag_values.h).
struct Option {
  std::string name;
  std::string default_text;
  std::string range;    // what it takes, for people
  std::string meaning;  // one sentence
  bool is_bool = false;
  // SSE_GATEWAY_<NAME> sets it too.
  bool in_environment = true;
  // SIGHUP changes it; otherwise only a restart does.
  bool at_run_time = false;
  // Reads text into settings, or returns what was expected instead and leaves them alone.
  std::function<absl::Status(std::string_view text, Settings& settings)> set;
  // Says whether two configurations have the same value of it, however that was written.
  std::function<bool(const Config& a, const Config& b)> is_same;
  // Gives one configuration the value of the other.
  std::function<void(const Config& from, Config& to)> copy;

  std::string EnvironmentName() const;
};

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_OPTION_H_
