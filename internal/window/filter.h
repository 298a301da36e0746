#ifndef SSEGW_INTERNAL_WINDOW_FILTER_H_
#define SSEGW_INTERNAL_WINDOW_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
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

class Filter;

// A filter whose text is somebody else's.
class FilterView {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): as std::string_view is made of a std::string.
  FilterView(const Filter& filter);

  bool Matches(std::string_view topic) const;
  std::string_view text() const { return {text_, bytes_}; }
  bool has_wildcard() const { return has_wildcard_; }

 private:
  friend class Filter;
  friend class Filters;
  FilterView(std::string_view text, bool has_wildcard)
      : text_(text.data()),
        bytes_(static_cast<uint16_t>(text.size())),
        has_wildcard_(has_wildcard) {}

  const char* text_;
  uint16_t bytes_;
  bool has_wildcard_;
};

// A topic in which "*" stands for one token and a last ">" for one or more (the rules of NATS
// subjects). An immutable value.
class Filter {
 public:
  // INVALID_ARGUMENT says which rule the text breaks. The limits are those of a topic.
  static absl::StatusOr<Filter> Parse(std::string_view text);

  bool Matches(std::string_view topic) const { return FilterView(*this).Matches(topic); }
  const std::string& text() const { return text_; }
  bool has_wildcard() const { return has_wildcard_; }
  size_t tokens() const;

  friend bool operator==(const Filter& a, const Filter& b) { return a.text_ == b.text_; }

 private:
  explicit Filter(std::string text);

  std::string text_;
  bool has_wildcard_;
};

inline FilterView::FilterView(const Filter& filter)
    : FilterView(filter.text(), filter.has_wildcard()) {}

// What a subscription listens to: one filter or more, sorted by text, none twice. An immutable
// value, of which copies share one text.
//
// Cost:     a filter takes its text and 17 bytes.
//           Matches compares with each filter where there are few. Where there are many it looks up
// what is the topic as it stands, and goes through the others token by token: with 1,000 of them it
// takes as long as with 20.
class Filters {
 public:
  // Matches nothing.
  Filters();
  explicit Filters(std::vector<Filter> filters);
  // ">": every topic.
  static Filters Everything();

  bool Matches(std::string_view topic) const;
  const std::vector<FilterView>& all() const { return set_->filters; }
  // The same for equal sets of filters, whatever order they came in.
  const std::string& canonical() const { return set_->canonical; }
  // Of all(), those without wildcards.
  size_t exact_count() const { return set_->exact_count; }
  // What it takes of memory, whoever shares it.
  size_t memory_bytes() const;

 private:
  struct Set {
    // Which filters are views of.
    std::string canonical;
    std::vector<FilterView> filters;
    size_t exact_count = 0;
  };

  std::shared_ptr<const Set> set_;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_FILTER_H_
