#ifndef SSEGW_GATEWAY_APP_PROBE_H_
#define SSEGW_GATEWAY_APP_PROBE_H_

#include <string>

#include "absl/status/statusor.h"
#include "gateway/config/config.h"
#include "gateway/config/parse.h"
#include "internal/base/time.h"

namespace ssegw::app {

// Where a probe goes: the target's address, or else admin_listen, where an address for all
// interfaces means loopback; that of both families is "localhost". INVALID_ARGUMENT: admin_listen
// has port 0, which may be any.
absl::StatusOr<config::Address> ProbedAddress(const config::ProbeTarget& target,
                                              const config::Address& admin_listen);

struct ProbeAnswer {
  bool ok = false;  // the status is 200
  // In one line: "200", "503 draining", "connect: Connection refused".
  std::string text;
};
// GET over HTTP/1.1, all of it within patience, names looked up too. Starts nothing that outlives
// the process.
ProbeAnswer Ask(const config::Address& address, const std::string& path, base::Duration patience);

// --probe: prints one line, and returns the exit code: 0 for a 200, 1 for anything else, 2 where
// there is nothing to ask, or the configuration has faults, which it prints too.
int Probe(const config::ParseResult& parsed);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_PROBE_H_
