#ifndef SSEGW_GATEWAY_HTTP_OWN_ORIGIN_H_
#define SSEGW_GATEWAY_HTTP_OWN_ORIGIN_H_

#include <string_view>
#include <vector>

#include "internal/base/ip_address.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

// Whether the page that sends the request comes from the host that the request is for, as the
// console does: the list of origins does not concern it. Browsers send an Origin there too, for
// example with module scripts.
//
// Compares the origin's host and port with those that the request is for, or with those that a
// trusted proxy says it had: X-Forwarded-Host, or host= of Forwarded. The scheme is not compared,
// because it differs behind a proxy that ends TLS. So a page of http://host passes for one of
// https://host; it must not get fields that let it read what a browser keeps apart.
bool IsOwnOrigin(const net::HttpRequest& request, std::string_view origin,
                 const std::vector<base::IpPrefix>& trusted_proxies);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_OWN_ORIGIN_H_
