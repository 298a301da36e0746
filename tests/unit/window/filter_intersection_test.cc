#include "internal/window/filter_intersection.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::window {
namespace {

constexpr IntersectionLimits kLimits{.filters = 1000, .bytes = 50'000, .tokens = 8'000};

Filter F(std::string_view text) { return *Filter::Parse(text); }

Filters Set(const std::vector<std::string>& texts) {
  std::vector<Filter> filters;
  for (const std::string& text : texts) filters.push_back(F(text));
  return Filters(std::move(filters));
}

std::string IntersectionText(std::string_view a, std::string_view b) {
  const Filter left = F(a);
  const Filter right = F(b);
  const auto both = Intersection(left, right);
  return both ? both->text() : "none";
}

// Every sequence of up to depth of tokens; with_rest: also those that end with ">".
std::vector<std::string> AllOf(const std::vector<std::string>& tokens, size_t depth,
                               bool with_rest) {
  std::vector<std::string> all;
  std::vector<std::string> longest = {""};
  for (size_t i = 0; i < depth; ++i) {
    std::vector<std::string> longer;
    for (const std::string& begin : longest) {
      const std::string dot = begin.empty() ? "" : begin + '.';
      if (with_rest) all.push_back(dot + '>');
      for (const std::string& token : tokens) longer.push_back(dot + token);
    }
    all.insert(all.end(), longer.begin(), longer.end());
    longest = std::move(longer);
  }
  return all;
}

// Filters of up to three tokens against topics of up to four of an alphabet of two: each kind of
// token meets each, and something is longer than every filter.
class AllFiltersTest : public ::testing::Test {
 protected:
  using Matched = uint64_t;  // a bit a topic: there are 2 + 4 + 8 + 16

  AllFiltersTest() {
    for (const std::string& text : AllOf({"a", "b", "*"}, 3, true)) {
      filters_.push_back(F(text));
      matched_.push_back(TopicsOf(filters_.back()));
    }
  }

  template <typename Matcher>
  Matched TopicsOf(const Matcher& matcher) const {
    Matched matched = 0;
    for (size_t i = 0; i < topics_.size(); ++i) {
      if (matcher.Matches(topics_[i])) matched |= Matched{1} << i;
    }
    return matched;
  }

  const std::vector<std::string> topics_ = AllOf({"a", "b"}, 4, false);
  std::vector<Filter> filters_;
  std::vector<Matched> matched_;
};

TEST_F(AllFiltersTest, AnIntersectionMatchesWhatBothMatch) {
  ASSERT_EQ(filters_.size(), 52U);
  for (size_t i = 0; i < filters_.size(); ++i) {
    for (size_t k = 0; k < filters_.size(); ++k) {
      const auto both = Intersection(filters_[i], filters_[k]);
      EXPECT_EQ(ShareTopic(filters_[i], filters_[k]), both.has_value())
          << filters_[i].text() << " " << filters_[k].text();
      const Matched expected = matched_[i] & matched_[k];
      ASSERT_EQ(both.has_value(), expected != 0) << filters_[i].text() << " " << filters_[k].text();
      if (both) {
        ASSERT_EQ(TopicsOf(*both), expected) << filters_[i].text() << " " << filters_[k].text();
      }
    }
  }
}

TEST_F(AllFiltersTest, AFilterCoversWhatMatchesNothingElse) {
  size_t covering = 0;
  for (size_t i = 0; i < filters_.size(); ++i) {
    for (size_t k = 0; k < filters_.size(); ++k) {
      const bool covers = (matched_[k] & ~matched_[i]) == 0;
      ASSERT_EQ(Covers(filters_[i], filters_[k]), covers)
          << filters_[i].text() << " " << filters_[k].text();
      covering += covers ? 1 : 0;
    }
  }
  EXPECT_GT(covering, filters_.size());
}

TEST_F(AllFiltersTest, AnIntersectionOfSetsMatchesWhatBothMatch) {
  std::mt19937 random(7);  // NOLINT: the same sets each time
  const auto some = [&] {
    std::vector<Filter> chosen;
    for (size_t left = 1 + random() % 8; left > 0; --left) {
      chosen.push_back(filters_[random() % filters_.size()]);
    }
    return Filters(std::move(chosen));
  };
  size_t with_unmet = 0;
  for (int round = 0; round < 5000; ++round) {
    const Filters wanted = some();
    const Filters granted = some();
    const auto both = Intersection(FilterTree(wanted), FilterTree(granted), kLimits);
    ASSERT_TRUE(both.has_value());
    const auto same = Intersection(wanted, granted, kLimits);
    ASSERT_EQ(same->filters.canonical(), both->filters.canonical());
    ASSERT_EQ(same->without, both->without);
    const std::string sets = wanted.canonical() + " and " + granted.canonical();
    ASSERT_EQ(TopicsOf(both->filters), TopicsOf(wanted) & TopicsOf(granted)) << sets;
    // None covers another one.
    for (const FilterView& a : both->filters.all()) {
      for (const FilterView& b : both->filters.all()) {
        ASSERT_EQ(Covers(a, b), a.text() == b.text()) << sets;
      }
    }
    std::optional<std::string> without;
    for (const FilterView& filter : wanted.all()) {
      if (!without && (TopicsOf(filter) & TopicsOf(granted)) == 0) without = filter.text();
    }
    ASSERT_EQ(both->without, without) << sets;
    with_unmet += without ? 1 : 0;
  }
  EXPECT_GT(with_unmet, 500U);
}

TEST_F(AllFiltersTest, WithoutCoveredMatchesTheSame) {
  std::mt19937 random(8);  // NOLINT: the same sets each time
  for (int round = 0; round < 2000; ++round) {
    std::vector<Filter> chosen;
    const size_t count = round % 2 == 0 ? 12 : 40;  // few, and many
    for (size_t i = 0; i < count; ++i) chosen.push_back(filters_[random() % filters_.size()]);
    const Filters all(std::move(chosen));
    const Filters fewer = WithoutCovered(all);
    ASSERT_EQ(TopicsOf(fewer), TopicsOf(all)) << all.canonical();
    for (const FilterView& a : fewer.all()) {
      for (const FilterView& b : fewer.all()) {
        ASSERT_EQ(Covers(a, b), a.text() == b.text()) << all.canonical();
      }
    }
  }
}

TEST(FilterIntersectionTest, TakesOfEachTokenWhatSaysMore) {
  EXPECT_EQ(IntersectionText("a.*.c", "*.b.*"), "a.b.c");
  EXPECT_EQ(IntersectionText("a.>", "*.b.>"), "a.b.>");
  EXPECT_EQ(IntersectionText(">", "a.*"), "a.*");
  EXPECT_EQ(IntersectionText("a.>", "a"), "none");
  EXPECT_EQ(IntersectionText("a.*", "a.b.c"), "none");
  EXPECT_EQ(IntersectionText("a", "A"), "none");
}

// A topic has at most 255 bytes, so two tokens of 150 are in none.
TEST(FilterIntersectionTest, NothingIsLongerThanATopic) {
  const std::string x(150, 'x');
  const std::string y(150, 'y');
  EXPECT_EQ(IntersectionText(x + ".*", "*." + y), "none");
  const auto both = Intersection(FilterTree(Set({x + ".*"})), FilterTree(Set({"*." + y})), kLimits);
  ASSERT_TRUE(both.has_value());
  EXPECT_TRUE(both->filters.all().empty());
  EXPECT_EQ(both->without, x + ".*");
}

TEST(FilterIntersectionTest, OfNothingIsNothing) {
  const auto both = Intersection(FilterTree(Set({"a"})), FilterTree(Filters()), kLimits);
  ASSERT_TRUE(both.has_value());
  EXPECT_TRUE(both->filters.all().empty());
  EXPECT_EQ(both->without, "a");
  EXPECT_FALSE(Intersection(FilterTree(Filters()), FilterTree(Set({"a"})), kLimits)->without);
}

TEST(FilterIntersectionTest, EverythingIsWhatIsGranted) {
  const Filters granted = Set({"a.>", "a.b", "c"});
  EXPECT_EQ(Intersection(Filters::Everything(), granted, kLimits)->filters.canonical(), "a.> c");
  EXPECT_FALSE(
      Intersection(Filters::Everything(), granted, {.filters = 1, .bytes = 9, .tokens = 9}));
  EXPECT_EQ(Intersection(Filters::Everything(), Filters(), kLimits)->without, ">");
}

TEST(FilterIntersectionTest, NamesAFilterWithoutAGrantThatAnotherOneCovers) {
  const auto both =
      Intersection(FilterTree(Set({"a.>", "a.b"})), FilterTree(Set({"a.c"})), kLimits);
  EXPECT_EQ(both->filters.canonical(), "a.c");
  EXPECT_EQ(both->without, "a.b");
}

// What the limits are for: as many filters as a request may have, each of which meets each grant.
TEST(FilterIntersectionTest, EndsWhereEveryPairWouldGiveAFilter) {
  std::vector<std::string> wanted;
  std::vector<std::string> granted;
  for (int i = 0; i < 1000; ++i) {
    wanted.push_back(base::Concat("*.f", i));
    granted.push_back(base::Concat("g", i, ".*"));
  }
  const FilterTree wanted_tree(Set(wanted));
  const FilterTree granted_tree(Set(granted));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(Intersection(wanted_tree, granted_tree, kLimits).has_value());
  // Some milliseconds; all million pairs would take seconds with sanitizers.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
}

// Two sets with many stars in all places: the walk branches in each token.
TEST(FilterIntersectionTest, EndsWhereTheWalkBranchesAtEachToken) {
  std::vector<std::string> wanted;
  std::vector<std::string> granted;
  for (unsigned bits = 0; bits < 1000; ++bits) {
    std::string text;
    for (unsigned i = 0; i < 10; ++i) text += (bits >> i & 1) != 0 ? "a." : "*.";
    wanted.push_back(text + "x");
    granted.push_back(text + "y");
  }
  const FilterTree wanted_tree(Set(wanted));
  const FilterTree granted_tree(Set(granted));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(Intersection(wanted_tree, granted_tree, kLimits).has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
}

TEST(FilterIntersectionTest, AThousandFiltersOfOneTenantAreGranted) {
  std::vector<std::string> wanted;
  for (int i = 0; i < 1000; ++i) wanted.push_back(base::Concat("*.host-", i, ".cpu"));
  const auto both = Intersection(FilterTree(Set(wanted)), FilterTree(Set({"eu.>"})), kLimits);
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->filters.all().size(), 1000U);
  EXPECT_FALSE(both->without);
}

TEST(FilterIntersectionTest, HoldsTheResultToItsLimits) {
  const FilterTree wanted(Set({"a.b", "c.d"}));
  const FilterTree granted(Set({">"}));
  const auto fits = [&](size_t filters, size_t bytes, size_t tokens) {
    const IntersectionLimits limits{.filters = filters, .bytes = bytes, .tokens = tokens};
    return Intersection(wanted, granted, limits).has_value();
  };
  EXPECT_TRUE(fits(2, 6, 4));
  EXPECT_FALSE(fits(1, 6, 4));
  EXPECT_FALSE(fits(2, 5, 4));
  EXPECT_FALSE(fits(2, 6, 3));
}

}  // namespace
}  // namespace ssegw::window
