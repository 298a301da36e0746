#ifndef SSEGW_GATEWAY_HTTP_CREDENTIALS_H_
#define SSEGW_GATEWAY_HTTP_CREDENTIALS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "internal/net/service/http_service.h"

namespace ssegw::http {

enum class CredentialKind : uint8_t { kBearer, kCookie, kTicket };

// What a request shows of its user. Its text is a secret: it belongs into no answer and no log.
struct Credential {
  CredentialKind kind;
  std::string text;
};

// All credentials of a request: "Authorization: Bearer" (RFC 6750 section 2.1; other schemes are
// somebody else's), the cookie of that name unless it is empty, and the parameter "ticket" of the
// query. cookie: empty: cookies are not looked at.
std::vector<Credential> FindCredentials(const net::HttpRequest& request, std::string_view query,
                                        std::string_view cookie);

// Whether the browser, if it says so, sends the request for a page of the same site or for the user
// himself (Fetch Metadata). Cookies go along with requests of other sites' pages too.
bool IsOfThisSite(const net::HttpRequest& request);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_CREDENTIALS_H_
