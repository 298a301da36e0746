#include "gateway/config/help.h"

#include <string_view>

#include "gateway/config/options.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

constexpr std::string_view kHead =
    "sse-gateway: events from gRPC publishers to browsers, as Server-Sent Events.\n"
    "\n"
    "Usage: sse-gateway [--name=value ...]\n"
    "\n"
    "A flag, also one in a flagfile, is stronger than its environment variable, which is\n"
    "stronger than the default.\n";

// Appends text in lines of at most 80 columns, each indented.
void AppendWrapped(std::string& out, std::string_view text) {
  constexpr std::string_view kIndent = "      ";
  constexpr size_t kColumns = 80;
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (column == 0 || column + 1 + word.size() > kColumns) {
      if (column != 0) out += '\n';
      out += kIndent;
      column = kIndent.size();
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

}  // namespace

std::string HelpText() {
  std::string text(kHead);
  for (const Option& option : Options()) {
    text += base::Concat("\n  --", option.name, '=', option.default_text, '\n');
    AppendWrapped(text, option.meaning);
    AppendWrapped(text, base::Concat("Values: ", option.range, '.'));
    if (option.in_environment) {
      AppendWrapped(text, base::Concat("Environment: ", option.EnvironmentName()));
    }
  }
  return text;
}

}  // namespace ssegw::config
