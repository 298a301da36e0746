#ifndef SSEGW_GATEWAY_HTTP_HOST_POLICY_H_
#define SSEGW_GATEWAY_HTTP_HOST_POLICY_H_

#include <string>
#include <string_view>
#include <vector>

#include "internal/base/host.h"

namespace ssegw::http {

// Whom a port answers that no list names.
enum class OtherHosts {
  kNone,
  kAny,
  kLoopback,  // localhost and addresses of loopback
  // What no page of the internet can be from: addresses, localhost, names of one label, and names
  // below .svc, .cluster.local and .internal.
  kInner,
};

// Which hosts a port answers for, by the Host field of a request. A page of http://evil.example
// that has its name point to an address in here, after it was loaded, is of one origin with what
// answers there, and reads it whatever is said of origins (DNS rebinding). But its browser sends
// its name as the Host: an address, or a name that its owner cannot have, comes from no such page.
//
// X-Forwarded-Host is not looked at: such a page can write one, as it asks its own origin.
//
// Thread: any; immutable.
class HostPolicy {
 public:
  // allowed_hosts: whatever base::HostPattern reads; what it does not read stands for nobody.
  HostPolicy(const std::vector<std::string>& allowed_hosts, OtherHosts others);

  // host: as HttpRequest::host has it. Empty, which only HTTP/1.0 may have and no browser sends, is
  // allowed.
  bool Allows(std::string_view host) const;

 private:
  std::vector<base::HostPattern> patterns_;
  OtherHosts others_;
};

// The policy of a public port. loopback: it is bound to such an address; unix: to a unix socket.
HostPolicy PublicHosts(const std::vector<std::string>& allowed_hosts, bool loopback, bool unix);
// That of an admin port: "*" of the list is not for it.
HostPolicy AdminHosts(const std::vector<std::string>& allowed_hosts, bool unix);

// Why requests for that host are refused, and what would have to be allowed. host: one that has the
// form of a host.
std::string HostRefusal(std::string_view host);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_HOST_POLICY_H_
