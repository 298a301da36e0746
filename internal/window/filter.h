#ifndef SSEGW_INTERNAL_WINDOW_FILTER_H_
#define SSEGW_INTERNAL_WINDOW_FILTER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ssegw::window {

inline constexpr size_t kMaxTopicBytes = 255;
inline constexpr size_t kMaxTopicTokens = 16;

// OK if topic is 1-16 tokens of [A-Za-z0-9_-]+ joined by dots, at most 255 bytes; otherwise
// INVALID_ARGUMENT saying which rule it breaks.
absl::Status ValidateTopic(std::string_view topic);

// A dashboard's id as one topic token: every code point outside [A-Za-z0-9_-] becomes "_". id is
// valid UTF-8.
std::string TopicToken(std::string_view id);

// A topic in which "*" stands for one token and a last ">" for one or more (the rules of NATS
// subjects). An immutable value.
class Filter {
 public:
  // INVALID_ARGUMENT says which rule the text breaks. The limits are those of a topic.
  static absl::StatusOr<Filter> Parse(std::string_view text);

  bool Matches(std::string_view topic) const;
  const std::string& text() const { return text_; }
  bool has_wildcard() const { return has_wildcard_; }

  friend bool operator==(const Filter& a, const Filter& b) { return a.text_ == b.text_; }

 private:
  explicit Filter(std::string text);

  std::string text_;
  bool has_wildcard_;
};

// What a subscription listens to: one filter or more, sorted by text, none twice.
//
// Cost: Matches compares with each filter where there are few. Where there are many it looks up
// what is the topic as it stands, and goes through the others token by token: with 1,000 of them it
// takes as long as with 20.
class Filters {
 public:
  // Matches nothing.
  Filters() = default;
  explicit Filters(std::vector<Filter> filters);
  // ">": every topic.
  static Filters Everything();

  bool Matches(std::string_view topic) const;
  const std::vector<Filter>& all() const { return filters_; }
  // The same for equal sets of filters, whatever order they came in.
  const std::string& canonical() const { return canonical_; }
  // Of all(), those without wildcards.
  size_t exact_count() const { return exact_count_; }

 private:
  std::vector<Filter> filters_;
  size_t exact_count_ = 0;
  std::string canonical_;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_FILTER_H_
