#ifndef SSEGW_GATEWAY_HTTP_ETAG_H_
#define SSEGW_GATEWAY_HTTP_ETAG_H_

#include <string_view>

namespace ssegw::http {

// Whether an If-None-Match field names etag (a strong one, with its quotes) or is "*": then the
// answer is 304. By weak comparison, as RFC 9110 section 13.1.2 has it: proxies that compress make
// a strong tag weak.
bool NoneMatchNames(std::string_view if_none_match, std::string_view etag);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_ETAG_H_
