#ifndef SSEGW_GATEWAY_OPERATORS_WRITE_CHECK_H_
#define SSEGW_GATEWAY_OPERATORS_WRITE_CHECK_H_

#include <optional>

#include "gateway/http/problem.h"
#include "internal/net/service/http_service.h"

namespace ssegw::operators {

// Why a request that changes something is refused; nullopt: it may be from the operator's page, or
// from a program of the operator's.
//
// The port has no login. So a page of another origin, in the browser of somebody who can reach the
// port, must not be able to write: what has an Origin or a Sec-Fetch-Site must be of the same
// origin. For browsers that send neither, the request must have X-Operator: 1, and a body must be
// application/json: for both of them a page of another origin needs a preflight, which nobody
// answers here. The host is checked before (http::HostPolicy).
std::optional<http::Problem> CheckWrite(const net::HttpRequest& request);

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_WRITE_CHECK_H_
