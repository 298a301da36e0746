#ifndef SSEGW_INTERNAL_TRANSCODE_JSON_TEXT_H_
#define SSEGW_INTERNAL_TRANSCODE_JSON_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ssegw::transcode {

// Arrays and objects in one another, at most.
inline constexpr size_t kMaxJsonDepth = 100;

// Appends to *out the JSON text that somebody else wrote, as one line: without the white space
// outside of strings, and with line separators (base::LineSeparatorAt) escaped. All else stays as
// it is: digits, escapes, the order of members, members of one name.
//
// The text is one value of RFC 8259, and nothing more lenient: in UTF-8, without a byte order mark,
// comments or NaN. What the RFC's grammar allows is taken, also where other parsers refuse it:
// numbers of any size, and escapes of lone surrogates ("\ud800", section 8.2), which JSON.parse
// takes too.
//
// Errors: INVALID_ARGUMENT says what is wrong and at which byte. *out then has part of it.
// Cost:   one pass, without recursion; one allocation, or more where there are line separators.
//         What stands between two pieces of white space is copied at once.
absl::Status AppendJsonText(std::string_view text, std::string* out);

// The same, but what is such a line already is not copied: *line is a view of text then, and
// otherwise of *room, which is empty before.
absl::Status JsonLine(std::string_view text, std::string* room, std::string_view* line);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_JSON_TEXT_H_
