// A flagfile.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/options.h"
#include "gateway/config/parse.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

const char* NoEnvironment(const char*) { return nullptr; }

config::ParseResult Parse(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"sse-gateway"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return config::Parse(static_cast<int>(argv.size()), argv.data(), NoEnvironment);
}

// A file in memory that is gone when this object is.
class File {
 public:
  explicit File(std::string_view text) : fd_(::memfd_create("flags", MFD_CLOEXEC)) {
    Holds(fd_ >= 0 && ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
          "the harness has a file");
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string path() const { return base::Concat("/proc/self/fd/", fd_); }

 private:
  const int fd_;
};

void CheckFaults(const config::ParseResult& result) {
  const bool prints = result.action == config::Action::kPrint;
  Holds(prints || result.faults.empty() == result.config.has_value(),
        "there are faults or a configuration");
  for (const std::string& fault : result.faults) {
    Holds(!fault.empty() && !base::HasControlCharacter(fault), "a fault is one line");
  }
}

// Each option by itself with the bytes as its value.
void CheckValues(std::string_view text) {
  for (const config::Option& option : config::Options()) {
    config::Settings once;
    config::Settings before = once;
    const absl::Status status = option.set(text, once);
    if (!status.ok()) {
      Holds(option.is_same(once.config, before.config), "what is refused changes nothing");
      continue;
    }
    config::Settings again;
    Holds(option.set(text, again).ok() && option.is_same(once.config, again.config),
          "a value means the same each time");
    config::Config copied;
    option.copy(once.config, copied);
    Holds(option.is_same(once.config, copied), "a value can be copied");
  }
}

}  // namespace

void Flags(std::string_view input) {
  // It may name any file of this machine, also one without an end.
  if (input.find("flagfile") != std::string_view::npos) return;
  const File file(input);
  const config::ParseResult result = Parse({"--flagfile=" + file.path()});
  CheckFaults(result);

  // Line by line on the command line it is the same configuration.
  std::vector<std::string> arguments;
  for (const std::string_view line : Split(input, '\n')) {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    const size_t begin = line.find_first_not_of(kSpace);
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    arguments.emplace_back(line.substr(begin, line.find_last_not_of(kSpace) - begin + 1));
    // No argument has a zero in it.
    if (arguments.back().find('\0') != std::string::npos) return CheckValues(input);
  }
  if (result.config) {
    const config::ParseResult by_arguments = Parse(arguments);
    Holds(by_arguments.config.has_value(), "what a flagfile may say, an argument may");
    for (const config::Option& option : config::Options()) {
      Holds(option.is_same(*result.config, *by_arguments.config), "and it means the same");
    }
  }
  CheckValues(input);
}

}  // namespace ssegw::fuzz
