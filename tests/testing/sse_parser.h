#ifndef SSEGW_TESTS_TESTING_SSE_PARSER_H_
#define SSEGW_TESTS_TESTING_SSE_PARSER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssegw::testing {

// An event, or a comment between two events.
struct SseBlock {
  std::string text;  // as it came, an event's blank line included
  std::optional<std::string> id;
  std::optional<std::string> retry;
  std::optional<std::string> data;
  std::string event;  // empty if there is none

  bool is_comment() const { return text.starts_with(':'); }
  bool is_control() const { return event.starts_with("gateway."); }
  // The seq of the id "<epoch>-<seq>". Failure if there is no id of that form.
  std::string epoch() const;
  uint64_t seq() const;
};

// Parses an event stream (HTML section 9.2.6), stricter than the standard asks of a browser: lines
// end with LF; fields are "name: value" with the names of the standard and each at most once; every
// block has data, and its id, if it has one, is its last line; a comment stands between events;
// no blank line stands by itself.
//
// Errors: Failure for every deviation.
class SseParser {
 public:
  // Returns the blocks that are complete with this text.
  std::vector<SseBlock> Parse(std::string_view text);
  // True between two blocks.
  bool at_boundary() const { return buffer_.empty(); }

 private:
  std::string buffer_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_SSE_PARSER_H_
