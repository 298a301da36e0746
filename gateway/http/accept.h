#ifndef SSEGW_GATEWAY_HTTP_ACCEPT_H_
#define SSEGW_GATEWAY_HTTP_ACCEPT_H_

#include <string_view>

namespace ssegw::http {

// Whether an Accept field allows text/event-stream: the most specific media range that covers
// it has a quality above 0 (RFC 9110 section 12.5.1). A field without one readable media range
// rules nothing out.
bool AcceptsEventStream(std::string_view accept);

// Whether an Accept field names OpenMetrics 1.0.0 and ranks it no lower than Prometheus text. One
// that only covers it, such as */*, does not.
bool PrefersOpenMetrics(std::string_view accept);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_ACCEPT_H_
