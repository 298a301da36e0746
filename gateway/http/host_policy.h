#ifndef SSEGW_GATEWAY_HTTP_HOST_POLICY_H_
#define SSEGW_GATEWAY_HTTP_HOST_POLICY_H_

#include <string>
#include <string_view>
#include <vector>

#include "internal/base/host.h"

namespace ssegw::http {

// Which hosts a port answers for that no list names.
enum class OtherHosts {
  kNone,
  kAny,
  kLoopback,  // localhost and addresses of loopback
  // Hosts that no page of the internet can be from: addresses, localhost, names of one label, and
  // names below .svc, .cluster.local and .internal.
  kInner,
};

// Which hosts a port answers for, by the Host field of a request. A page of http://evil.example
// may, after it was loaded, let its name point to an address of this network. What answers there is
// then of the page's own origin, so the page can read it whatever the list of origins says (DNS
// rebinding). But its browser sends the page's name as the Host: no such page sends an address, or
// a name that its owner cannot have.
//
// X-Forwarded-Host does not count: such a page can send one, since it asks its own origin.
//
// Thread: any; immutable.
class HostPolicy {
 public:
  // allowed_hosts: what base::HostPattern reads; entries that it cannot read match no host.
  HostPolicy(const std::vector<std::string>& allowed_hosts, OtherHosts others);

  // host: HttpRequest::host. An empty one is allowed: only HTTP/1.0 may have it, and no browser
  // sends it.
  bool Allows(std::string_view host) const;

 private:
  std::vector<base::HostPattern> patterns_;
  OtherHosts others_;
};

// The policy of a public port. loopback: it is bound to a loopback address; unix: to a unix socket.
HostPolicy PublicHosts(const std::vector<std::string>& allowed_hosts, bool loopback, bool unix);
// The policy of an admin port, for which a "*" of the list does not count.
HostPolicy AdminHosts(const std::vector<std::string>& allowed_hosts, bool unix);

// Why requests for that host are refused, and what would have to be allowed. host: has the form of
// a host.
std::string HostRefusal(std::string_view host);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_HOST_POLICY_H_
