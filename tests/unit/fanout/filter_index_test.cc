#include "internal/fanout/filter_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace ssegw::fanout {
namespace {

using testing::UnorderedElementsAre;

std::vector<int*> Match(const FilterIndex<int>& index, std::string_view topic) {
  std::vector<int*> found;
  index.Match(topic, found);
  return found;
}

TEST(FilterIndexTest, FindsEachFilterThatMatches) {
  FilterIndex<int> index;
  int exact, star, rest, all;
  index.Add(*window::Filter::Parse("a.b"), &exact);
  index.Add(*window::Filter::Parse("a.*"), &star);
  index.Add(*window::Filter::Parse("a.>"), &rest);
  index.Add(*window::Filter::Parse(">"), &all);
  EXPECT_THAT(Match(index, "a.b"), UnorderedElementsAre(&exact, &star, &rest, &all));
  EXPECT_THAT(Match(index, "a.c"), UnorderedElementsAre(&star, &rest, &all));
  EXPECT_THAT(Match(index, "a.b.c"), UnorderedElementsAre(&rest, &all));
  EXPECT_THAT(Match(index, "a"), UnorderedElementsAre(&all));
}

TEST(FilterIndexTest, LeavesNothingBehindWhenFiltersAreRemoved) {
  FilterIndex<int> index;
  const size_t empty = index.memory_bytes();
  int one, other;
  for (const char* text : {"a.b.c", "a.*.c", "a.b.>", ">", "*"}) {
    index.Add(*window::Filter::Parse(text), &one);
    index.Add(*window::Filter::Parse(text), &other);
  }
  for (const char* text : {"a.b.c", "a.*.c", "a.b.>", ">", "*"}) {
    index.Remove(*window::Filter::Parse(text), &one);
  }
  EXPECT_THAT(Match(index, "a.b.c"), UnorderedElementsAre(&other, &other, &other, &other));
  for (const char* text : {"a.b.c", "a.*.c", "a.b.>", ">", "*"}) {
    index.Remove(*window::Filter::Parse(text), &other);
  }
  EXPECT_EQ(index.memory_bytes(), empty);
}

// Any tree of filters gives what trying each filter gives.
TEST(FilterIndexTest, AgreesWithTryingEveryFilter) {
  std::mt19937 random(7);
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 200; ++round) {
    FilterIndex<int> index;
    std::vector<window::Filter> filters;
    std::vector<int> values(20);
    for (int& value : values) {
      std::string text;
      for (int tokens = 1 + pick(4); tokens > 0; --tokens) {
        const char* const choices[] = {"a", "b", "c", "*", ">"};
        const int choice = pick(tokens == 1 ? 5 : 4);
        text += text.empty() ? "" : ".";
        text += choices[choice];
      }
      filters.push_back(*window::Filter::Parse(text));
      index.Add(filters.back(), &value);
    }
    for (size_t i = 0; i < 5; ++i) index.Remove(filters[i], &values[i]);
    for (int n = 0; n < 20; ++n) {
      std::string topic;
      for (int tokens = 1 + pick(4); tokens > 0; --tokens) {
        topic += topic.empty() ? "" : ".";
        topic += static_cast<char>('a' + pick(3));
      }
      std::vector<int*> expected;
      for (size_t i = 5; i < filters.size(); ++i) {
        if (filters[i].Matches(topic)) expected.push_back(&values[i]);
      }
      EXPECT_THAT(Match(index, topic), testing::UnorderedElementsAreArray(expected)) << topic;
    }
  }
}

// Nodes are split and joined again as filters come and go, whatever the order.
TEST(FilterIndexTest, AgreesWithTryingEveryFilterWhileTheyComeAndGo) {
  std::mt19937 random(11);
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const auto text = [&](int most_tokens, bool wildcards) {
    std::string made;
    for (int tokens = 1 + pick(most_tokens); tokens > 0; --tokens) {
      const char* const choices[] = {"a", "ab", "b", "*", ">"};
      made += made.empty() ? "" : ".";
      made += choices[pick(!wildcards ? 3 : tokens == 1 ? 5 : 4)];
    }
    return made;
  };
  FilterIndex<int> index;
  struct Entry {
    window::Filter filter;
    std::unique_ptr<int> value;
  };
  std::vector<Entry> entries;
  const size_t empty = index.memory_bytes();
  for (int step = 0; step < 20'000; ++step) {
    // Grows for a while, then shrinks.
    const bool grows = step / 500 % 2 == 0;
    if (entries.empty() || pick(10) < (grows ? 8 : 2)) {
      entries.push_back({*window::Filter::Parse(text(7, true)), std::make_unique<int>()});
      index.Add(entries.back().filter, entries.back().value.get());
    } else {
      const auto i = static_cast<size_t>(pick(static_cast<int>(entries.size())));
      index.Remove(entries[i].filter, entries[i].value.get());
      std::swap(entries[i], entries.back());
      entries.pop_back();
    }
    ASSERT_EQ(index.memory_bytes() == empty, entries.empty());
    const std::string topic = text(7, false);
    std::vector<int*> expected;
    for (const Entry& entry : entries) {
      if (entry.filter.Matches(topic)) expected.push_back(entry.value.get());
    }
    std::vector<int*> found = Match(index, topic);
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(found, expected) << topic << " at step " << step;
  }
  for (const Entry& entry : entries) index.Remove(entry.filter, entry.value.get());
  EXPECT_EQ(index.memory_bytes(), empty) << "what it says that it takes";
}

// What 64 filters of 16 tokens take, against what it takes to ask for them.
TEST(FilterIndexTest, TakesNoMoreThanSomeTimesTheTextOfItsFilters) {
  struct Case {
    const char* name;
    std::string (*filter)(int i, int token);
    size_t times = 4;
  };
  const Case cases[] = {
      {"nothing in common", [](int i, int token) { return std::to_string(i * 16 + token); }},
      {"parting at the end", [](int i, int token) { return std::to_string(token < 15 ? 7 : i); }},
      {"parting everywhere", [](int i, int token) { return std::to_string(i >> (token % 6) & 1); },
       7},
      {"wildcards",
       [](int i, int token) { return token > 0 ? std::string("*") : std::to_string(i); }},
  };
  for (const Case& c : cases) {
    FilterIndex<int> index;
    const size_t empty = index.memory_bytes();
    int value;
    size_t asked = 0;
    std::vector<window::Filter> filters;
    for (int i = 0; i < 64; ++i) {
      std::string text;
      for (int token = 0; token < 16; ++token) {
        text += text.empty() ? "" : ".";
        text += c.filter(i, token);
      }
      asked += std::string_view("&topic=").size() + text.size();
      filters.push_back(*window::Filter::Parse(text));
      index.Add(filters.back(), &value);
    }
    const size_t of_set = window::Filters(filters).memory_bytes();
    EXPECT_LE(index.memory_bytes() - empty + of_set, c.times * asked) << c.name;
    for (const window::Filter& filter : filters) index.Remove(filter, &value);
    EXPECT_EQ(index.memory_bytes(), empty);
  }
}

}  // namespace
}  // namespace ssegw::fanout
