#ifndef SSEGW_TESTS_TESTING_GATEWAY_PROCESS_H_
#define SSEGW_TESTS_TESTING_GATEWAY_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/testing/metrics.h"
#include "tests/testing/process.h"

namespace ssegw::testing {

// The gateway's binary: SSE_GATEWAY_BIN, or the one that was built with the tests.
std::string GatewayBinary();

struct RunResult {
  int exit_code;
  std::string out;
  std::string err;
};
// Runs the gateway with these flags only, to its end.
RunResult RunGateway(const std::vector<std::string>& flags,
                     const std::map<std::string, std::string>& environment = {});

// The real gateway, listening on free ports of 127.0.0.1.
//
// Lifetime: the destructor ends it at once, gracefully, and the test fails if it does not exit with
//           0: so each test sees crashes and a sanitizer's leaks.
class GatewayProcess {
 public:
  // Returns when it listens. flags: in addition to those for the addresses. The rest as in Process.
  explicit GatewayProcess(const std::vector<std::string>& flags = {},
                          const std::map<std::string, std::string>& environment = {},
                          size_t max_open_files = 0, const std::string& binary = GatewayBinary());
  ~GatewayProcess();

  // "127.0.0.1:8080"
  const std::string& http() const { return http_; }
  const std::string& grpc() const { return grpc_; }
  const std::string& admin() const { return admin_; }
  // Empty without --api_listen.
  const std::string& api() const { return api_; }
  const std::string& epoch() const { return epoch_; }

  const Process& process() const { return process_; }
  std::string Log() const { return process_.Stderr(); }
  Metrics Scrape() const { return Metrics::Scrape(admin_); }
  // True as soon as a series has this value.
  bool WaitForMetric(const std::string& series, double value) const;
  size_t RssBytes() const { return process_.RssBytes(); }
  size_t PssBytes() const { return process_.PssBytes(); }

  pid_t pid() const { return process_.pid(); }
  void Signal(int signal) const { process_.Signal(signal); }
  void Terminate() const;
  // The test does not expect it to end gracefully.
  void Kill();
  // The exit code; nullopt if it still runs.
  std::optional<int> WaitExit(base::Duration patience = kPatience);

 private:
  std::string Listening(const std::string& name) const;

  Process process_;
  std::string http_;
  std::string grpc_;
  std::string admin_;
  std::string api_;
  std::string epoch_;
  bool ended_ = false;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_GATEWAY_PROCESS_H_
