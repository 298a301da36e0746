#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "gateway/app/run.h"
#include "gateway/config/environment.h"
#include "gateway/config/parse.h"
#include "gateway/probe/probe.h"

int main(int argc, char** argv) {
  using ssegw::config::Action;
  const auto parse = [argc, argv] {
    return ssegw::config::Parse(argc, argv, [](const char* name) { return std::getenv(name); });
  };
  const ssegw::config::ParseResult parsed = parse();
  switch (parsed.action) {
    case Action::kPrint:
      std::fputs(parsed.text.c_str(), stdout);
      return 0;
    case Action::kProbe:
      return ssegw::probe::Run(parsed);
    case Action::kCheck:
      return ssegw::app::Check(parsed, ssegw::config::FindUnusedVariables(environ));
    case Action::kRun:
      break;
  }
  return ssegw::app::Run(parsed, ssegw::config::FindUnusedVariables(environ), parse);
}
