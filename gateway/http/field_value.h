#ifndef SSEGW_GATEWAY_HTTP_FIELD_VALUE_H_
#define SSEGW_GATEWAY_HTTP_FIELD_VALUE_H_

#include <string_view>
#include <vector>

namespace ssegw::http {

// Without leading and trailing spaces and tabs (OWS, RFC 9110 section 5.6.3).
std::string_view TrimSpace(std::string_view text);

// The parts of value between separators that are not inside double quotes, trimmed, empty ones left
// out (RFC 9110 section 5.6.1). An open quote runs to the end.
std::vector<std::string_view> SplitField(std::string_view value, char separator);

// A token (RFC 9110 section 5.6.2), as field names and methods are.
bool IsToken(std::string_view text);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_FIELD_VALUE_H_
