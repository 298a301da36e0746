#ifndef SSEGW_GATEWAY_CONFIG_OPTIONS_H_
#define SSEGW_GATEWAY_CONFIG_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// One flag. The table of them is the only place that knows their names, defaults and ranges; --help
// is made from it, and a test holds docs/configuration.md to it.
//
// A table of our own and not ABSL_FLAG: abseil's parser ends the process by itself, with status 1
// and at the first kind of fault, knows no environment that is weaker than a flag, and keeps values
// in globals. What is abseil's is the syntax (command_line.h) and the reading of values
// (flag_values.h).
struct Option {
  std::string name;
  std::string default_text;
  std::string range;    // what it takes, for people
  std::string meaning;  // one sentence
  bool is_bool = false;
  // Whether SSE_GATEWAY_<NAME> sets it too.
  bool in_environment = true;
  // Whether SIGHUP changes it; otherwise a restart does.
  bool at_run_time = false;
  // Reads text into settings, or returns what was expected instead and leaves them alone.
  std::function<absl::Status(std::string_view text, Settings& settings)> set;
  // Whether two configurations have the same value of it, however that was written.
  std::function<bool(const Config& a, const Config& b)> is_same;
  // Gives one configuration the value of the other.
  std::function<void(const Config& from, Config& to)> copy;

  std::string EnvironmentName() const;
};

// In the order of the documentation. "flagfile" is one of them, though CommandLine acts on it.
const std::vector<Option>& Options();

// nullptr: there is none of that name.
const Option* FindOption(std::string_view name);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_OPTIONS_H_
