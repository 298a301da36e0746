#ifndef SSEGW_GATEWAY_PROBE_ASK_H_
#define SSEGW_GATEWAY_PROBE_ASK_H_

#include <string>

#include "gateway/config/config.h"
#include "internal/base/time.h"

namespace ssegw::probe {

struct Answer {
  bool is_ok = false;  // the status is 200
  // One line: "200", "503 draining", "connect: Connection refused".
  std::string text;
};

// Sends a GET over HTTP/1.1. All of it ends within the timeout, looking up names too. Starts
// nothing that outlives the process.
Answer Ask(const config::Address& address, const std::string& path, base::Duration timeout);

}  // namespace ssegw::probe

#endif  // SSEGW_GATEWAY_PROBE_ASK_H_
