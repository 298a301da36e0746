#include "tests/testing/gateway_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

std::vector<std::string> WithAddresses(const std::vector<std::string>& flags) {
  std::vector<std::string> all = {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                  "--admin_listen=127.0.0.1:0"};
  all.insert(all.end(), flags.begin(), flags.end());
  return all;
}

}  // namespace

std::string GatewayBinary() {
  const char* const given = std::getenv("SSE_GATEWAY_BIN");
  return given != nullptr ? given : SSEGW_GATEWAY_BINARY;
}

RunResult RunGateway(const std::vector<std::string>& flags,
                     const std::map<std::string, std::string>& environment) {
  Process process(GatewayBinary(), flags, environment);
  const std::optional<int> exit_code = process.WaitExit();
  if (!exit_code) throw Failure(base::Concat("the gateway runs on:\n", process.Stderr()));
  return {.exit_code = *exit_code, .out = process.Stdout(), .err = process.Stderr()};
}

GatewayProcess::GatewayProcess(const std::vector<std::string>& flags,
                               const std::map<std::string, std::string>& environment,
                               size_t max_open_files, const std::string& binary)
    : process_(binary, WithAddresses(flags), environment, max_open_files) {
  WaitFor([&] {
    return Log().find("msg=listening") != std::string::npos ||
           process_.WaitExit(base::Duration::zero());
  });
  http_ = Listening("http");
  grpc_ = Listening("grpc");
  admin_ = Listening("admin");
  api_ = Listening("api");
  if (api_ == R"("")") api_.clear();
  epoch_ = Listening("epoch");
}

GatewayProcess::~GatewayProcess() {
  if (ended_) return;
  // Two different signals: a second one of the same kind is lost while the first is pending.
  Signal(SIGTERM);
  Signal(SIGINT);
  const std::optional<int> exit_code = WaitExit();
  if (exit_code == 0) return;
  ADD_FAILURE() << "the gateway "
                << (exit_code ? base::Concat("exited with ", *exit_code) : "did not exit")
                << ", its log:\n"
                << Log();
}

std::string GatewayProcess::Listening(const std::string& name) const {
  const std::string log = Log();
  const size_t line = log.find("msg=listening ");
  const std::string field = base::Concat(" ", name, "=");
  const size_t begin = log.find(field, line);
  if (line == std::string::npos || begin == std::string::npos) {
    throw Failure(base::Concat("the gateway does not listen:\n", log));
  }
  const size_t value = begin + field.size();
  return log.substr(value, log.find_first_of(" \n", value) - value);
}

bool GatewayProcess::WaitForMetric(const std::string& series, double value) const {
  return WaitFor([&] { return Scrape()[series] == value; });
}

void GatewayProcess::Terminate() const { Signal(SIGTERM); }

void GatewayProcess::Kill() {
  Signal(SIGKILL);
  WaitExit();
}

std::optional<int> GatewayProcess::WaitExit(base::Duration patience) {
  const std::optional<int> exit_code = process_.WaitExit(patience);
  ended_ = exit_code.has_value();
  return exit_code;
}

}  // namespace ssegw::testing
