#include "internal/window/filter.h"

#include <algorithm>
#include <span>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"

namespace ssegw::window {
namespace {

bool IsTokenCharacter(char c) { return base::IsLetterOrDigit(c) || c == '_' || c == '-'; }

// Takes the first token off rest and says whether there was one. "a." has two: "a" and "".
bool NextToken(std::string_view& rest, bool& done, std::string_view& token) {
  if (done) return false;
  const size_t dot = rest.find('.');
  token = rest.substr(0, dot);
  done = dot == std::string_view::npos;
  rest = done ? std::string_view() : rest.substr(dot + 1);
  return true;
}

// what: "topic" or "filter".
absl::Status Validate(std::string_view text, std::string_view what, bool wildcards) {
  if (text.empty()) return absl::InvalidArgumentError(base::Concat(what, " is empty"));
  if (text.size() > kMaxTopicBytes) {
    return absl::InvalidArgumentError(
        base::Concat(what, " ", text.size(), " bytes exceeds ", kMaxTopicBytes));
  }
  std::string_view rest = text;
  bool done = false;
  size_t tokens = 0;
  std::string_view token;
  while (NextToken(rest, done, token)) {
    if (++tokens > kMaxTopicTokens) {
      return absl::InvalidArgumentError(
          base::Concat(what, " has more than ", kMaxTopicTokens, " tokens"));
    }
    if (token.empty()) return absl::InvalidArgumentError(base::Concat(what, " has an empty token"));
    if (wildcards && token == "*") continue;
    if (wildcards && token == ">") {
      if (done) continue;
      return absl::InvalidArgumentError(base::Concat(what, " has \">\" before its last token"));
    }
    if (!std::all_of(token.begin(), token.end(), IsTokenCharacter)) {
      return absl::InvalidArgumentError(
          base::Concat(what, " token ", tokens, " has a character outside [A-Za-z0-9_-]"));
    }
  }
  return absl::OkStatus();
}

// Up to here comparing with each is as fast.
constexpr size_t kFewFilters = 16;

// Some of a set's filters, in the order of their texts.
using Sorted = std::span<const FilterView>;

// Those of filters whose text has part at begin, which is a range of them: all have the same text
// before begin.
Sorted WithPart(Sorted filters, size_t begin, std::string_view part) {
  const auto first = std::partition_point(filters.begin(), filters.end(), [&](const FilterView& f) {
    return f.text().compare(begin, part.size(), part) < 0;
  });
  const auto last = std::partition_point(first, filters.end(), [&](const FilterView& f) {
    return f.text().compare(begin, part.size(), part) == 0;
  });
  return {first, last};
}

// Whether one of filters is rest from begin on.
bool HasText(Sorted filters, size_t begin, std::string_view rest) {
  const auto first = std::partition_point(filters.begin(), filters.end(), [&](const FilterView& f) {
    return f.text().compare(begin, std::string_view::npos, rest) < 0;
  });
  return first != filters.end() && first->text().compare(begin, std::string_view::npos, rest) == 0;
}

// Whether one of filters, which all match what is before rest in the topic with the same tokens,
// matches rest with what it has from begin on. The sorted texts serve as a tree of tokens.
bool AnyMatches(Sorted filters, size_t begin, std::string_view rest) {
  if (filters.empty()) return false;
  if (HasText(filters, begin, ">")) return true;
  const size_t dot = rest.find('.');
  if (dot == std::string_view::npos) {
    return HasText(filters, begin, rest) || HasText(filters, begin, "*");
  }
  const std::string_view token_and_dot = rest.substr(0, dot + 1);
  return AnyMatches(WithPart(filters, begin, token_and_dot), begin + dot + 1,
                    rest.substr(dot + 1)) ||
         AnyMatches(WithPart(filters, begin, "*."), begin + 2, rest.substr(dot + 1));
}

}  // namespace

absl::Status ValidateTopic(std::string_view topic) { return Validate(topic, "topic", false); }

std::string TopicToken(std::string_view id) {
  std::string token;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) continue;  // the rest of a code point that is "_" already
    token += IsTokenCharacter(c) ? c : '_';
  }
  return token;
}

Filter::Filter(std::string text)
    : text_(std::move(text)), has_wildcard_(text_.find_first_of("*>") != std::string::npos) {}

absl::StatusOr<Filter> Filter::Parse(std::string_view text) {
  if (absl::Status status = Validate(text, "filter", true); !status.ok()) return status;
  return Filter(std::string(text));
}

size_t Filter::tokens() const {
  return 1 + static_cast<size_t>(std::count(text_.begin(), text_.end(), '.'));
}

bool FilterView::Matches(std::string_view topic) const {
  if (!has_wildcard_) return topic == text();
  std::string_view filter_rest = text();
  if (filter_rest == ">") return true;
  bool filter_done = false;
  bool topic_done = false;
  std::string_view pattern;
  std::string_view token;
  while (NextToken(filter_rest, filter_done, pattern)) {
    if (!NextToken(topic, topic_done, token)) return false;
    if (pattern == ">") return true;
    if (pattern != "*" && pattern != token) return false;
  }
  return topic_done;
}

Filters::Filters() {
  static const auto* const none = new std::shared_ptr<const Set>(std::make_shared<Set>());
  set_ = *none;
}

Filters::Filters(std::vector<Filter> filters) {
  std::sort(filters.begin(), filters.end(),
            [](const Filter& a, const Filter& b) { return a.text() < b.text(); });
  filters.erase(std::unique(filters.begin(), filters.end()), filters.end());
  auto set = std::make_shared<Set>();
  size_t bytes = 0;
  for (const Filter& filter : filters) bytes += filter.text().size() + 1;
  // At once, so that what it holds does not move below the views.
  set->canonical.reserve(bytes);
  set->filters.reserve(filters.size());
  for (const Filter& filter : filters) {
    if (!set->canonical.empty()) set->canonical += ' ';
    const size_t begin = set->canonical.size();
    set->canonical += filter.text();
    set->filters.push_back(
        FilterView(std::string_view(set->canonical).substr(begin), filter.has_wildcard()));
    if (!filter.has_wildcard()) ++set->exact_count;
  }
  set_ = std::move(set);
}

Filters Filters::Everything() { return Filters({*Filter::Parse(">")}); }

bool Filters::Matches(std::string_view topic) const {
  const std::vector<FilterView>& filters = set_->filters;
  if (filters.size() <= kFewFilters) {
    return std::any_of(filters.begin(), filters.end(),
                       [&](const FilterView& filter) { return filter.Matches(topic); });
  }
  if (set_->exact_count > 0 && HasText(filters, 0, topic)) return true;
  return set_->exact_count < filters.size() && AnyMatches(filters, 0, topic);
}

size_t Filters::memory_bytes() const {
  return sizeof(Set) + set_->canonical.capacity() + set_->filters.capacity() * sizeof(FilterView);
}

}  // namespace ssegw::window
