// ssegw_soak: the real gateway under thousands of connections. The report goes to stdout, what it
// is doing to stderr; the exit code is 0 if all holds, 1 if not, 2 for a mistake in the arguments.
#include <charconv>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/soak/soak.h"

namespace ssegw::soak {
namespace {

constexpr char kUsage[] =
    "usage: ssegw_soak busy|drain|scrape|slow [--seconds=N] [--connections=N] [--rate=N]\n";

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const size_t value = std::min(argument.find('='), argument.size() - 1) + 1;
    const std::map<std::string_view, size_t*> known = {{"--seconds=", &options.seconds},
                                                       {"--connections=", &options.connections},
                                                       {"--rate=", &options.rate}};
    const auto it = known.find(argument.substr(0, value));
    if (it == known.end()) return std::nullopt;
    const char* const end = argument.data() + argument.size();
    const auto [rest, error] = std::from_chars(argument.data() + value, end, *it->second);
    if (error != std::errc() || rest != end || *it->second == 0) return std::nullopt;
  }
  return options;
}

int Main(int argc, char** argv) {
  const std::map<std::string_view, std::function<bool(const Options&)>> scenarios = {
      {"busy", RunBusySoak},
      {"drain", RunDrainSoak},
      {"scrape", RunScrapeSoak},
      {"slow", RunSlowSoak}};
  const auto scenario = scenarios.find(argc > 1 ? argv[1] : "");
  const std::optional<Options> options = ParseOptions(argc, argv);
  if (scenario == scenarios.end() || !options) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    return scenario->second(*options) ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "soak: " << e.what() << '\n';
    return 1;
  }
}

}  // namespace
}  // namespace ssegw::soak

int main(int argc, char** argv) { return ssegw::soak::Main(argc, argv); }
