#ifndef SSEGW_GATEWAY_CONFIG_COMMAND_LINE_H_
#define SSEGW_GATEWAY_CONFIG_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "gateway/config/options.h"

namespace ssegw::config {

// A value that an option was given, and where: "--retry=5s", "gateway.flags:3: --retry=5s".
struct GivenValue {
  const Option* option = nullptr;
  std::string text;
  std::string origin;
};

struct CommandLine {
  // As they stand: of two values for one option the later counts.
  std::vector<GivenValue> values;
  // One line each.
  std::vector<std::string> faults;
  bool has_flagfile = false;
};

// Reads arguments the way abseil does: --name=value, --name value, --bool, --nobool, with one dash
// or two. A flagfile's flags take the place of its --flagfile; each of its lines is --name=value,
// empty, or a comment. Unlike abseil it goes on after a fault. argv[0] is the program.
CommandLine ReadCommandLine(int argc, const char* const* argv);

// text without the user and password of a URL.
std::string WithoutPassword(std::string_view text);

// text as a fault may show it: without the password, and on one line.
std::string Shown(std::string_view text);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_COMMAND_LINE_H_
