#include "internal/fanout/filter_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
  EXPECT_TRUE(index.empty());
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

}  // namespace
}  // namespace ssegw::fanout
