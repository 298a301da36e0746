#ifndef SSEGW_GATEWAY_CONFIG_PARSE_H_
#define SSEGW_GATEWAY_CONFIG_PARSE_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.h"

namespace ssegw::config {

enum class Action {
  kRun,    // serve
  kCheck,  // --check_config: check what Parse cannot (files), then exit with 0, or 2 for faults
  kProbe,  // --probe: ask a gateway that runs
  kPrint,  // --help, --version: print text to stdout and exit with 0
};

struct ParseResult {
  Action action = Action::kRun;
  // Set unless there are faults or action is kPrint.
  std::optional<Config> config;
  // The configuration as far as it is known if there are faults: an option that has one keeps its
  // default, or its last value without a fault.
  Config sound;
  // Everything that is wrong with the configuration, one line each, without its end. If there are
  // any, print them to stderr and exit with 2.
  std::vector<std::string> faults;
  // For kPrint.
  std::string text;
  // For kProbe.
  ProbeTarget probe;
  // The value of each option as it was written, without passwords; by name.
  std::map<std::string, std::string> texts;
  // There is something that can be read again.
  bool has_flagfile = false;
};

// Like ::getenv: nullptr if a variable is not set.
using GetEnv = std::function<const char*(const char* name)>;

// Reads the configuration from argv, the flagfiles it names, and the environment. The value of an
// option is its last one among the flags, else that of SSE_GATEWAY_<NAME> if that is set and not
// empty, else the default. Every flag is checked, even one that a later one overrides; the
// environment is checked only where it counts.
// Thread: any; there is no global state.
ParseResult Parse(int argc, const char* const* argv, const GetEnv& getenv);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_PARSE_H_
