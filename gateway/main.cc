#include <cstdio>
#include <cstdlib>
#include <string>

#include "gateway/app/probe.h"
#include "gateway/app/run.h"
#include "gateway/config/parse.h"

int main(int argc, char** argv) {
  using ssegw::config::Action;
  const auto parse = [argc, argv] {
    return ssegw::config::Parse(argc, argv, [](const char* name) { return std::getenv(name); });
  };
  const ssegw::config::ParseResult parsed = parse();
  for (const std::string& fault : parsed.faults) {
    std::fprintf(stderr, "sse-gateway: %s\n", fault.c_str());
  }
  if (!parsed.faults.empty()) return 2;
  if (parsed.action == Action::kPrint || !parsed.config) {
    std::fputs(parsed.text.c_str(), stdout);
    return 0;
  }
  if (parsed.action == Action::kProbe) {
    return ssegw::app::Probe(parsed.probe, parsed.config->admin_listen);
  }
  return parsed.action == Action::kCheck ? ssegw::app::Check(*parsed.config)
                                         : ssegw::app::Run(parsed, parse);
}
