#ifndef SSEGW_GATEWAY_HTTP_AUTH_REFUSALS_H_
#define SSEGW_GATEWAY_HTTP_AUTH_REFUSALS_H_

#include <string>
#include <string_view>

#include "gateway/auth/auth_stats.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

// Refusals that have to do with who asks: problem+json that names the check in its member "check",
// and WWW-Authenticate with the error that RFC 6750 section 3.1 has for it. detail: for a human; it
// holds nothing of a token or ticket.

// 401: who asks is not known. Without credentials (kMissing) there is no error.
net::HttpResponse Unauthorized(auth::Result check, std::string_view detail);

// 403: who asks may not have it. parameter: of the query, that asks for it; empty: none.
net::HttpResponse NotGranted(std::string_view detail, std::string_view parameter);

// Adds what keeps an answer with what has been granted from being loaded as the image or script of
// another site's page, for which some browsers send a cookie without an Origin (Fetch standard,
// Cross-Origin-Resource-Policy). Pages that may read it fetch it by CORS, which this leaves alone.
void KeepFromOtherSites(net::HttpFields& fields);

// 400: several credentials in one request.
net::HttpResponse SeveralCredentials();

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_AUTH_REFUSALS_H_
