#include "gateway/http/field_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/http/etag.h"

namespace ssegw::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SplitFieldTest, TrimsPartsAndLeavesOutEmptyOnes) {
  EXPECT_THAT(SplitField("a, b\t,,  , c", ','), ElementsAre("a", "b", "c"));
  EXPECT_THAT(SplitField("", ','), IsEmpty());
  EXPECT_THAT(SplitField(" , ", ','), IsEmpty());
}

TEST(SplitFieldTest, KeepsQuotedSeparators) {
  EXPECT_THAT(SplitField(R"(a;x="1,2", b)", ','), ElementsAre(R"(a;x="1,2")", "b"));
  EXPECT_THAT(SplitField(R"("\",",b)", ','), ElementsAre(R"("\",")", "b"));
}

TEST(SplitFieldTest, TakesAnOpenQuoteToTheEnd) {
  EXPECT_THAT(SplitField(R"(a, "b, c)", ','), ElementsAre("a", R"("b, c)"));
  EXPECT_THAT(SplitField(R"("\)", ','), ElementsAre(R"("\)"));
}

TEST(IsTokenTest, TakesOnlyTokenCharacters) {
  EXPECT_TRUE(IsToken("X-Requested-With"));
  EXPECT_TRUE(IsToken("!#$%&'*+-.^_`|~09azAZ"));
  EXPECT_FALSE(IsToken(""));
  EXPECT_FALSE(IsToken("a b"));
  EXPECT_FALSE(IsToken("a\nb"));
  EXPECT_FALSE(IsToken("a:b"));
  EXPECT_FALSE(IsToken("\xC3\xBC"));
}

TEST(NoneMatchNamesTest, ComparesWeakly) {
  struct Case {
    std::string_view name;
    std::string_view field;
    bool named;
  };
  const Case kCases[] = {
      {"same", R"("k-1")", true},
      {"made weak by a proxy", R"(W/"k-1")", true},
      {"one of several", R"("k-0", W/"k-1")", true},
      {"star", "*", true},
      {"other", R"("k-2")", false},
      {"without quotes", "k-1", false},
      {"beginning of it", R"("k-")", false},
      {"none", "", false},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(NoneMatchNames(c.field, R"("k-1")"), c.named) << c.name;
  }
}

}  // namespace
}  // namespace ssegw::http
