// Implementation notes
//
// `where` is "" for the command line and "file:line: " inside a flagfile. It begins every fault and
// every origin.
#include "gateway/config/command_line.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "gateway/config/flag_values.h"
#include "gateway/config/suggestion.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/read_file.h"
#include "internal/log/quote.h"

namespace ssegw::config {
namespace {

constexpr size_t kMaxFlagfileBytes = size_t{1} << 20;
// A flagfile is read as often as others include it.
constexpr size_t kMaxFlagfiles = 100;
// A file that is not a flagfile has a fault in each line.
constexpr size_t kMaxFlagfileFaults = 100;

// "--name=value" in its parts.
struct Argument {
  std::string_view name;
  std::optional<std::string_view> value;
};

bool IsFlag(std::string_view text) { return text.size() > 1 && text[0] == '-' && text != "--"; }

Argument Split(std::string_view text) {
  text.remove_prefix(text.starts_with("--") ? 2 : 1);
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

class Reader {
 public:
  void ReadArguments(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view text = argv[i];
      if (text == "--" && i + 1 == argc) return;
      if (!IsFlag(text)) {
        AddFault("", Shown(text), "unexpected argument; flags begin with --");
        continue;
      }
      Argument argument = Split(text);
      if (NeedsNextArgument(argument) && i + 1 < argc) argument.value = argv[++i];
      ReadFlag("", argument);
    }
  }

  CommandLine Take() { return std::move(result_); }

 private:
  static bool NeedsNextArgument(const Argument& argument) {
    const Option* option = FindOption(argument.name);
    return option != nullptr && !option->is_bool && !argument.value;
  }

  void ReadFlag(const std::string& where, const Argument& argument) {
    if (const Option* option = FindOption(argument.name)) {
      const std::string flag = base::Concat("--", argument.name);
      if (argument.value) {
        AddValue(where, *option, base::Concat(flag, '=', Shown(*argument.value)), *argument.value);
      } else if (option->is_bool) {
        AddValue(where, *option, flag, "true");
      } else {
        AddFault(where, flag, base::Concat("expected a value: ", flag, "=", option->range));
      }
      return;
    }
    if (const Option* option = FindNegated(argument.name)) {
      const std::string flag = base::Concat("--", argument.name);
      if (argument.value) {
        AddFault(where, flag, base::Concat("expected no value, or --", option->name, "=false"));
      } else {
        AddValue(where, *option, flag, "false");
      }
      return;
    }
    const std::string nearest = NearestOptionName(argument.name);
    AddFault(where, base::Concat("--", Shown(argument.name)),
             nearest.empty() ? "unknown flag; --help lists them all"
                             : base::Concat("unknown flag; did you mean --", nearest, "?"));
  }

  // The bool option that "noconsole" turns off; nullptr if there is none.
  static const Option* FindNegated(std::string_view name) {
    if (!name.starts_with("no")) return nullptr;
    const Option* option = FindOption(name.substr(2));
    return option != nullptr && option->is_bool ? option : nullptr;
  }

  void AddValue(const std::string& where, const Option& option, const std::string& flag,
                std::string_view text) {
    if (option.name == "flagfile") {
      ReadFlagfiles(where, flag, text);
    } else {
      result_.values.push_back({&option, std::string(text), where + flag});
    }
  }

  void AddFault(const std::string& where, const std::string& what, std::string_view fault) {
    result_.faults.push_back(base::Concat(where, what, ": ", fault));
  }

  void ReadFlagfiles(const std::string& where, const std::string& flag, std::string_view text) {
    const auto paths = ParseList(text);
    if (!paths.ok()) {
      AddFault(where, flag, std::string(paths.status().message()));
      return;
    }
    for (const std::string& path : *paths) {
      result_.has_flagfile = true;
      if (++flagfiles_ > kMaxFlagfiles) {
        AddFault(where, flag, base::Concat("more than ", kMaxFlagfiles, " flagfiles in all"));
        return;
      }
      if (std::find(open_files_.begin(), open_files_.end(), path) != open_files_.end()) {
        AddFault(where, flag, base::Concat(Shown(path), " includes itself"));
        continue;
      }
      open_files_.push_back(path);
      ReadFlagfile(where, flag, path);
      open_files_.pop_back();
    }
  }

  void ReadFlagfile(const std::string& where, const std::string& flag, const std::string& path) {
    const absl::StatusOr<std::string> text = base::ReadRegularFile(path, kMaxFlagfileBytes);
    if (!text.ok()) {
      AddFault(
          where, flag,
          base::Concat("cannot read ", Shown(path), ": ", std::string(text.status().message())));
      return;
    }
    const size_t faults_before = result_.faults.size();
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      ReadFlagfileLine(base::Concat(Shown(path), ':', number, ": "),
                       base::Trim(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (result_.faults.size() - faults_before < kMaxFlagfileFaults) continue;
      AddFault(where, flag, base::Concat(Shown(path), " has more faults; is it a flagfile?"));
      return;
    }
  }

  void ReadFlagfileLine(const std::string& where, std::string_view line) {
    if (line.empty() || line[0] == '#') return;
    // "--name value" is two arguments, but one line.
    if (IsFlag(line) && Split(line).name.find_first_of(" \t") == std::string_view::npos) {
      ReadFlag(where, Split(line));
    } else {
      AddFault(where, Shown(line), "expected --name=value or a # comment");
    }
  }

  CommandLine result_;
  // Flagfiles being read, each one inside the one before.
  std::vector<std::string> open_files_;
  size_t flagfiles_ = 0;
};

}  // namespace

CommandLine ReadCommandLine(int argc, const char* const* argv) {
  Reader reader;
  reader.ReadArguments(argc, argv);
  return reader.Take();
}

std::string WithoutPassword(std::string_view text) {
  std::string plain(text);
  const size_t begin = plain.find("://");
  const size_t end = plain.rfind('@');
  if (begin != std::string::npos && end != std::string::npos && end > begin) {
    plain.replace(begin + 3, end - begin - 3, "***");
  }
  return plain;
}

std::string Shown(std::string_view text) {
  if (text.empty()) return "";
  std::string shown;
  log::AppendLogfmtValue(shown, WithoutPassword(text));
  return shown;
}

}  // namespace ssegw::config
