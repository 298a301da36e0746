#ifndef SSEGW_GATEWAY_HTTP_FORWARDED_H_
#define SSEGW_GATEWAY_HTTP_FORWARDED_H_

#include <string>
#include <string_view>
#include <vector>

#include "internal/base/ip_address.h"
#include "internal/net/http_service.h"

namespace ssegw::http {

// The address that a request came from, before the proxies that are trusted: each of them adds the
// address of its own peer at the end of Forwarded (RFC 7239) or X-Forwarded-For, so from there the
// last one that is not trusted is it. What is further left was written by whoever sent the request,
// and is not believed.
//
// Where a list ends, or an element of it is not an address ("unknown", obfuscated, malformed), the
// last trusted one before it counts. A request that has both fields and in which they disagree is
// the peer's own: a proxy that writes one of them passes on the other as it was sent.
std::string ForwardedAddress(const net::HttpRequest& request,
                             const std::vector<base::IpPrefix>& trusted);

// The hosts, with ports where they have any, that X-Forwarded-Host or host= of Forwarded say the
// request was for before proxies changed its Host field; views into the fields. None where its peer
// is not trusted. Proxies on the way may have written one each, and a client one of its own:
// whoever asks must not mind the latter. (A page cannot: no browser sends such a field to another
// origin before a preflight, which has none of them, was answered.)
std::vector<std::string_view> ForwardedHosts(const net::HttpRequest& request,
                                             const std::vector<base::IpPrefix>& trusted);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_FORWARDED_H_
