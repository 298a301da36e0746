#include "gateway/probe/probe.h"

#include <chrono>
#include <cstdio>
#include <string>

#include "gateway/probe/ask.h"
#include "internal/base/time.h"

namespace ssegw::probe {
namespace {

constexpr base::Duration kTimeout = std::chrono::seconds(2);

}  // namespace

absl::StatusOr<config::Address> ProbedAddress(const config::ProbeTarget& target,
                                              const config::Address& admin_listen) {
  if (target.address) return *target.address;
  if (admin_listen.port == 0 && !admin_listen.is_unix()) {
    return absl::InvalidArgumentError(
        "admin_listen has port 0, which is any free one: give --probe=http://host:port/path");
  }
  config::Address address = admin_listen;
  if (address.is_unix()) return address;
  // Either family: a pod of an IPv6-only cluster may have no IPv4 loopback.
  if (address.host.empty()) address.host = "localhost";
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address;
}

int Run(const config::ParseResult& parsed) {
  for (const std::string& fault : parsed.faults) {
    std::fprintf(stderr, "sse-gateway: %s\n", fault.c_str());
  }
  if (!parsed.config) return 2;
  const config::ProbeTarget& target = parsed.probe;
  const absl::StatusOr<config::Address> address =
      ProbedAddress(target, parsed.config->admin_listen);
  if (!address.ok()) {
    std::fprintf(stderr, "sse-gateway: --probe: %s\n",
                 std::string(address.status().message()).c_str());
    return 2;
  }
  const Answer answer = Ask(*address, target.path, kTimeout);
  std::printf("%s%s%s: %s\n", address->is_unix() ? "" : "http://", address->ToString().c_str(),
              target.path.c_str(), answer.text.c_str());
  return answer.is_ok ? 0 : 1;
}

}  // namespace ssegw::probe
