// A line of filters, by space; then topics, one a line. "-" before a filter takes one of the same
// text out of the index again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/fanout/filter_index.h"
#include "internal/window/filter.h"
#include "internal/window/filter_intersection.h"
#include "internal/window/filter_tree.h"
#include "internal/window/topic_index.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// The rules of a topic, and of a filter, once more and as plainly as they can be written.
bool IsValid(std::string_view text, bool wildcards) {
  if (text.size() > 255) return false;
  const std::vector<std::string_view> tokens = Split(text, '.');
  if (tokens.size() > 16) return false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (wildcards && tokens[i] == "*") continue;
    if (wildcards && tokens[i] == ">" && i + 1 == tokens.size()) continue;
    if (tokens[i].empty() || !std::all_of(tokens[i].begin(), tokens[i].end(), IsTokenCharacter))
      return false;
  }
  return true;
}

bool Matches(std::string_view filter, std::string_view topic) {
  const std::vector<std::string_view> pattern = Split(filter, '.');
  const std::vector<std::string_view> tokens = Split(topic, '.');
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (i >= tokens.size()) return false;
    if (pattern[i] == ">") return true;
    if (pattern[i] != "*" && pattern[i] != tokens[i]) return false;
  }
  return pattern.size() == tokens.size();
}

// The filters of the index by their numbers, which are its values.
using Numbered = std::map<int*, window::Filter>;

void CheckIndex(const fanout::FilterIndex<int>& index, const Numbered& filters,
                std::string_view topic) {
  std::vector<int*> found;
  index.Match(topic, found);
  std::vector<int*> expected;
  for (const auto& [number, filter] : filters) {
    if (Matches(filter.text(), topic)) expected.push_back(number);
  }
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  Holds(found == expected, "the index finds each filter that matches, once");
}

void CheckTopics(const std::vector<window::Filter>& filters,
                 const std::vector<std::string_view>& topics) {
  const window::Filters set{filters};
  window::TopicIndex index;
  uint64_t seq = 0;
  for (const std::string_view topic : topics) index.Get(topic).log.PushBack(++seq);
  const std::optional<window::TopicIndex::Found> found = index.FindAll(set);
  if (!found) return;
  std::vector<std::string> names;
  for (const window::Topic* topic : found->topics) names.push_back(topic->name);
  std::vector<std::string> expected;
  for (const std::string_view topic : topics) {
    if (set.Matches(topic)) expected.emplace_back(topic);
  }
  std::sort(names.begin(), names.end());
  std::sort(expected.begin(), expected.end());
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  Holds(names == expected, "the topics of a set of filters are found");
}

// The first half of the filters is what somebody wants, the other what is granted.
void CheckIntersection(const std::vector<window::Filter>& filters,
                       const std::vector<std::string_view>& topics) {
  const auto middle = filters.begin() + static_cast<std::ptrdiff_t>(filters.size() / 2);
  const window::Filters wanted{{filters.begin(), middle}};
  const window::Filters granted{{middle, filters.end()}};
  const auto both = window::Intersection(window::FilterTree(wanted), window::FilterTree(granted),
                                         {.filters = 1000, .bytes = 50'000, .tokens = 16'000});
  if (!both) return;
  for (const std::string_view topic : topics) {
    Holds(both->filters.Matches(topic) == (wanted.Matches(topic) && granted.Matches(topic)),
          "an intersection matches what both match");
  }
  for (const window::FilterView& filter : both->filters.all()) {
    const bool is_within = [&] {
      for (const window::FilterView& grant : granted.all()) {
        if (window::Covers(grant, filter)) return true;
      }
      return false;
    }();
    Holds(is_within, "a grant covers each filter of an intersection");
  }
}

}  // namespace

void Filters(std::string_view input) {
  const std::vector<std::string_view> lines = Lines(input, 2);
  std::vector<std::string_view> topics;
  for (const std::string_view line : Split(lines[1], '\n')) {
    const bool is_topic = window::ValidateTopic(line).ok();
    Holds(is_topic == IsValid(line, false), "a topic is what the rules say");
    if (is_topic) topics.push_back(line);
  }

  const std::vector<std::string_view> texts = Split(lines[0], ' ');
  std::vector<int> numbers(texts.size());
  fanout::FilterIndex<int> index;
  Numbered in_index;
  std::vector<window::Filter> all;
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool removes = texts[i].starts_with('-');
    const std::string_view text = removes ? texts[i].substr(1) : texts[i];
    const auto filter = window::Filter::Parse(text);
    Holds(filter.ok() == IsValid(text, true), "a filter is what the rules say");
    if (!filter.ok()) continue;
    if (removes) {
      const auto it = std::find_if(in_index.begin(), in_index.end(),
                                   [&](const auto& entry) { return entry.second == *filter; });
      if (it == in_index.end()) continue;
      index.Remove(it->second, it->first);
      in_index.erase(it);
    } else {
      index.Add(*filter, &numbers[i]);
      in_index.emplace(&numbers[i], *filter);
      all.push_back(*filter);
    }
  }
  for (const std::string_view topic : topics) CheckIndex(index, in_index, topic);

  const window::Filters set{all};
  for (const std::string_view topic : topics) {
    bool any = false;
    for (const window::Filter& filter : all) {
      const bool matches = Matches(filter.text(), topic);
      Holds(filter.Matches(topic) == matches, "a filter matches by its tokens");
      any = any || matches;
    }
    Holds(set.Matches(topic) == any, "a set matches what one of it matches");
  }
  CheckTopics(all, topics);
  CheckIntersection(all, topics);
  // Half of them, and then the others.
  for (auto it = in_index.begin(); it != in_index.end();) {
    index.Remove(it->second, it->first);
    it = in_index.erase(it);
    if (it != in_index.end()) ++it;
  }
  for (const std::string_view topic : topics) CheckIndex(index, in_index, topic);
  for (const auto& [number, filter] : in_index) index.Remove(filter, number);
  Holds(index.memory_bytes() == fanout::FilterIndex<int>().memory_bytes(),
        "an index without filters holds nothing");
}

}  // namespace ssegw::fuzz
