#include <cstdio>
#include <cstdlib>
#include <string>

#include "gateway/app/run.h"
#include "gateway/config/parse.h"

int main(int argc, char** argv) {
  using ssegw::config::Action;
  const ssegw::config::ParseResult parsed =
      ssegw::config::Parse(argc, argv, [](const char* name) { return std::getenv(name); });
  for (const std::string& fault : parsed.faults) {
    std::fprintf(stderr, "sse-gateway: %s\n", fault.c_str());
  }
  if (!parsed.faults.empty()) return 2;
  if (parsed.action == Action::kPrint || !parsed.config) {
    std::fputs(parsed.text.c_str(), stdout);
    return 0;
  }
  return parsed.action == Action::kCheck ? ssegw::app::Check(*parsed.config)
                                         : ssegw::app::Run(*parsed.config);
}
