#ifndef SSEGW_INTERNAL_LOG_QUOTE_H_
#define SSEGW_INTERNAL_LOG_QUOTE_H_

#include <string>
#include <string_view>

namespace ssegw::log {

// Appends text, which may be any bytes, as a JSON string literal without line ends, terminal
// controls or invalid UTF-8: U+0000-001F and U+007F are escaped; U+0080-009F (which terminals obey
// too) and each byte that is not UTF-8 become U+FFFD.
void AppendQuoted(std::string& out, std::string_view text);

// Appends text as a logfmt value: bare if it is printable ASCII without space, '"' and '=', else
// as AppendQuoted writes it.
void AppendLogfmtValue(std::string& out, std::string_view text);

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_QUOTE_H_
