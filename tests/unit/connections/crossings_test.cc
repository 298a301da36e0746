#include "gateway/connections/crossings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "internal/window/filter_intersection.h"

namespace ssegw::connections {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using window::Filter;

// Of up to three tokens, out of few.
Filter RandomFilter(std::mt19937_64& random) {
  static const std::vector<std::string> kTokens = {"a", "b", "c", "*"};
  std::string text;
  const uint64_t tokens = random() % 3;
  for (uint64_t i = 0; i < tokens; ++i) text += kTokens[random() % 4] + ".";
  text += random() % 4 == 0 ? ">" : kTokens[random() % 4];
  return *Filter::Parse(text);
}

std::set<std::string> Found(const Crossings<const Filter>& crossings, const Filter& filter) {
  std::set<std::string> found;
  crossings.ForEach(filter, [&](const Filter& other) { found.insert(other.text()); });
  return found;
}

TEST(CrossingsTest, FindsWhatSharesATopicAndNothingElse) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; ++round) {
    std::vector<Filter> filters;
    Crossings<const Filter> crossings;
    std::set<std::string> texts;
    while (texts.size() < 12) {
      const Filter filter = RandomFilter(random);
      if (texts.insert(filter.text()).second) filters.push_back(filter);
    }
    for (const Filter& filter : filters) crossings.Add(filter, &filter);
    // Some go again.
    const size_t gone = random() % filters.size();
    for (size_t i = 0; i < gone; ++i) crossings.Remove(filters[i]);
    for (int i = 0; i < 20; ++i) {
      const Filter filter = RandomFilter(random);
      std::set<std::string> wanted;
      for (size_t k = gone; k < filters.size(); ++k) {
        if (window::Intersection(filter, filters[k])) wanted.insert(filters[k].text());
      }
      ASSERT_EQ(Found(crossings, filter), wanted) << filter.text();
    }
  }
}

TEST(CrossingsTest, ATopicAmongAThousandTakesAFewSteps) {
  std::vector<Filter> filters;
  for (int i = 0; i < 1000; ++i) filters.push_back(*Filter::Parse("a.t" + std::to_string(i)));
  Crossings<const Filter> crossings;
  for (const Filter& filter : filters) crossings.Add(filter, &filter);
  size_t found = 0;
  EXPECT_LE(crossings.ForEach(filters[7], [&](const Filter&) { ++found; }), 3U);
  EXPECT_EQ(found, 1U);
}

TEST(CrossingsTest, ForgetsWhatIsRemoved) {
  const Filter filter = *Filter::Parse("a.*.>");
  Crossings<const Filter> crossings;
  crossings.Add(filter, &filter);
  EXPECT_THAT(Found(crossings, *Filter::Parse(">")), ElementsAre("a.*.>"));
  crossings.Remove(*Filter::Parse("a.b"));
  crossings.Remove(filter);
  EXPECT_THAT(Found(crossings, *Filter::Parse(">")), IsEmpty());
  EXPECT_EQ(crossings.ForEach(*Filter::Parse(">"), [](const Filter&) {}), 1U);
}

}  // namespace
}  // namespace ssegw::connections
