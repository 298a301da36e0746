#include "internal/window/filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ssegw::window {
namespace {

std::string Tokens(int count) {
  std::string topic = "a";
  for (int i = 1; i < count; ++i) topic += ".a";
  return topic;
}

TEST(ValidateTopicTest, TakesTheContractsTopics) {
  for (const std::string& topic : {std::string("a"), std::string("dashboards.eu.42"),
                                   std::string("A-z_9"), Tokens(16), std::string(255, 'x')}) {
    EXPECT_TRUE(ValidateTopic(topic).ok()) << topic;
  }
}

TEST(ValidateTopicTest, RefusesEverythingElse) {
  for (const std::string& topic :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"),
        std::string("a b"), std::string("a/b"), std::string("a.*"), std::string(">"),
        std::string("\xC3\xA9"), std::string("a\n"), Tokens(17), std::string(256, 'x'),
        std::string("a\0b", 3)}) {
    EXPECT_EQ(ValidateTopic(topic).code(), absl::StatusCode::kInvalidArgument) << topic;
  }
}

TEST(TopicTokenTest, ReplacesEachOtherCodePointByAnUnderscore) {
  EXPECT_EQ(TopicToken("host-1"), "host-1");
  EXPECT_EQ(TopicToken("eu.web 1"), "eu_web_1");
  EXPECT_EQ(TopicToken("caf\xC3\xA9-\xF0\x9F\x98\x80"), "caf_-_");
  EXPECT_EQ(TopicToken(""), "");
}

TEST(FilterTest, MatchesAsNatsSubjectsDo) {
  struct Case {
    const char* filter;
    const char* topic;
    bool matches;
  };
  const Case cases[] = {
      {"a.b", "a.b", true},      {"a.b", "a", false},     {"a.b", "a.b.c", false},
      {"a.b", "a.B", false},     {">", "a", true},        {">", "a.b.c", true},
      {"a.>", "a.b", true},      {"a.>", "a.b.c", true},  {"a.>", "a", false},
      {"a.>", "ab.c", false},    {"*", "a", true},        {"*", "a.b", false},
      {"a.*", "a.b", true},      {"a.*", "a", false},     {"a.*", "a.b.c", false},
      {"*.b", "a.b", true},      {"*.b", "a.c", false},   {"a.*.c", "a.b.c", true},
      {"a.*.c", "a.b.d", false}, {"*.*.>", "a.b", false}, {"*.*.>", "a.b.c", true},
      {"*.>", "a", false},       {"*.>", "a.b", true},
  };
  for (const Case& c : cases) {
    const auto filter = Filter::Parse(c.filter);
    ASSERT_TRUE(filter.ok()) << c.filter;
    EXPECT_EQ(filter->Matches(c.topic), c.matches) << c.filter << " on " << c.topic;
  }
}

TEST(FilterTest, RefusesWildcardsThatAreNotWholeOrNotLast) {
  for (const char* text : {"", "a.>.b", ">.a", "a*", "a.b>", "**", "a..b", "a b", "*."}) {
    EXPECT_FALSE(Filter::Parse(text).ok()) << text;
  }
}

TEST(FiltersTest, AreTheSameInAnyOrderAndMatchIfOneDoes) {
  const Filter a = *Filter::Parse("a.*");
  const Filter b = *Filter::Parse("b");
  const Filters one({a, b});
  const Filters other({b, a, b});
  EXPECT_EQ(one.canonical(), other.canonical());
  EXPECT_EQ(other.all().size(), 2U);
  EXPECT_TRUE(one.Matches("a.x"));
  EXPECT_TRUE(one.Matches("b"));
  EXPECT_FALSE(one.Matches("c"));
  EXPECT_FALSE(Filters().Matches("a"));
  EXPECT_TRUE(Filters::Everything().Matches("any.thing"));
}

// Tokens of few letters, so that filters overlap, nest and share their beginnings ("a-b" sorts
// between "a" and "a.b").
TEST(FiltersTest, ManyMatchWhatOneOfThemMatches) {
  std::mt19937_64 random(3);
  static constexpr std::string_view kTokens[] = {"a", "a-b", "b", "B", "0",
                                                 "_", "aa",  "*", "*", ">"};
  const auto text = [&](size_t kinds) {
    std::string made;
    for (auto left = random() % 5 + 1; left > 0; --left) {
      std::string_view token = kTokens[random() % kinds];
      if (token == ">" && left > 1) token = "*";
      if (!made.empty()) made += '.';
      made += token;
    }
    return made;
  };
  size_t matched = 0;
  for (int round = 0; round < 60; ++round) {
    // Without wildcards, with single ones, with all.
    const size_t kinds = std::size(kTokens) - (round % 3 == 0 ? 3 : round % 3 == 1 ? 1 : 0);
    std::vector<Filter> list;
    for (auto n = random() % 200 + 17; n > 0; --n) list.push_back(*Filter::Parse(text(kinds)));
    const Filters filters(list);
    for (int i = 0; i < 300; ++i) {
      const std::string topic = text(std::size(kTokens) - 3);
      const bool one_does =
          std::any_of(list.begin(), list.end(), [&](const Filter& f) { return f.Matches(topic); });
      ASSERT_EQ(filters.Matches(topic), one_does) << topic << " in " << filters.canonical();
      matched += one_does ? 1U : 0U;
    }
  }
  EXPECT_GT(matched, 3'000U);
  EXPECT_LT(matched, 15'000U);
}

TEST(FiltersTest, KnowHowManyHaveNoWildcards) {
  EXPECT_EQ(Filters().exact_count(), 0U);
  EXPECT_EQ(Filters({*Filter::Parse("a"), *Filter::Parse("a"), *Filter::Parse("b.*"),
                     *Filter::Parse("b.c")})
                .exact_count(),
            2U);
}

}  // namespace
}  // namespace ssegw::window
