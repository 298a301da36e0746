#ifndef SSEGW_GATEWAY_HTTP_FORWARDED_H_
#define SSEGW_GATEWAY_HTTP_FORWARDED_H_

#include <string>
#include <string_view>
#include <vector>

#include "internal/base/ip_address.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

// The address that a request came from, before the trusted proxies. Each proxy appends the address
// of its own peer to Forwarded (RFC 7239) or X-Forwarded-For, so the last address that is not a
// trusted proxy's is the client's. The client itself may have written what is further left, so that
// is not believed.
//
// If a list ends, or an element of it is not an address ("unknown", obfuscated, malformed), the
// last trusted address before that counts. If a request has both fields and they disagree, the
// peer's own address counts: a proxy that writes one of them passes on the other as it was sent.
std::string ForwardedAddress(const net::HttpRequest& request,
                             const std::vector<base::IpPrefix>& trusted);

// The hosts, with their ports if any, that the request was for before proxies changed its Host
// field, as X-Forwarded-Host or host= of Forwarded say; views into the fields. None if the peer is
// not trusted. Each proxy on the way may have written one, and so may the client: the caller must
// not mind that. (A page cannot: no browser sends such a field to another origin before a
// preflight, which has none of them, was answered.)
std::vector<std::string_view> ForwardedHosts(const net::HttpRequest& request,
                                             const std::vector<base::IpPrefix>& trusted);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_FORWARDED_H_
