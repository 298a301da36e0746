#include "internal/window/filter_tree.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace ssegw::window {
namespace {

// Against the filters themselves: every set of a small alphabet meets every kind of seam.
TEST(FilterTreeTest, MatchesWhatItsFiltersMatch) {
  std::mt19937 random(5);  // NOLINT: the same sets each time
  const auto pick = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  const char* const tokens[] = {"a", "b", "ab", "a-b", "A", "*", "*"};
  const auto name = [&](bool filter) {
    std::string text;
    for (size_t left = 1 + pick(4); left > 0; --left) {
      if (!text.empty()) text += '.';
      if (filter && left == 1 && pick(4) == 0) return text + '>';
      text += tokens[pick(filter ? std::size(tokens) : 5)];
    }
    return text;
  };
  size_t matched = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Filter> some;
    for (size_t i = pick(30); i > 0; --i) some.push_back(*Filter::Parse(name(true)));
    const Filters filters(std::move(some));
    const FilterTree tree(filters);
    for (int i = 0; i < 20; ++i) {
      const std::string topic = name(false);
      ASSERT_EQ(tree.Matches(topic), filters.Matches(topic))
          << topic << " and " << filters.canonical();
      matched += tree.Matches(topic) ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 1000U);
  EXPECT_FALSE(FilterTree(Filters()).Matches("a"));
}

}  // namespace
}  // namespace ssegw::window
