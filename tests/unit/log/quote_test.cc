#include "internal/log/quote.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "internal/base/text.h"

namespace ssegw::log {
namespace {

using namespace std::string_view_literals;

struct QuoteCase {
  std::string_view name;
  std::string_view text;
  std::string_view logfmt;
  std::string_view quoted;
};

void PrintTo(const QuoteCase& c, std::ostream* out) { *out << c.name; }

class QuoteTest : public testing::TestWithParam<QuoteCase> {};

TEST_P(QuoteTest, AppendsLogfmtValue) {
  std::string out = "x=";
  AppendLogfmtValue(out, GetParam().text);
  EXPECT_EQ(out, "x=" + std::string(GetParam().logfmt));
}

TEST_P(QuoteTest, AppendsQuoted) {
  std::string out = "x=";
  AppendQuoted(out, GetParam().text);
  EXPECT_EQ(out, "x=" + std::string(GetParam().quoted));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, QuoteTest,
    testing::Values(
        QuoteCase{"Word", "listening", "listening", R"("listening")"},
        QuoteCase{"Address", "[::1]:8080", "[::1]:8080", R"("[::1]:8080")"},
        QuoteCase{"Backslash", R"(a\b)", R"(a\b)", R"("a\\b")"},
        QuoteCase{"Empty", "", R"("")", R"("")"},
        QuoteCase{"Space", "two words", R"("two words")", R"("two words")"},
        QuoteCase{"EqualsSign", "a=b", R"("a=b")", R"("a=b")"},
        QuoteCase{"QuotationMark", R"(a"b)", R"("a\"b")", R"("a\"b")"},
        QuoteCase{"LineEnd", "a\nlevel", R"("a\nlevel")", R"("a\nlevel")"},
        QuoteCase{"CarriageReturn", "a\r", R"("a\r")", R"("a\r")"},
        QuoteCase{"Nul", "a\0b"sv, R"("a\u0000b")", R"("a\u0000b")"},
        QuoteCase{"Escape", "\x1b[2J", R"("\u001b[2J")", R"("\u001b[2J")"},
        QuoteCase{"Delete", "\x7f", R"("\u007f")", R"("\u007f")"},
        QuoteCase{"NonAscii", "Zürich", R"("Zürich")", R"("Zürich")"},
        QuoteCase{"BeyondTheBasicPlane", "😀", R"("😀")", R"("😀")"},
        QuoteCase{"C1ControlThatTerminalsObey",
                  "a\xC2\x9B"
                  "2J",
                  "\"a\uFFFD2J\"", "\"a\uFFFD2J\""},
        QuoteCase{"NoBreakSpaceIsNoControl", "\xC2\xA0", "\"\xC2\xA0\"", "\"\xC2\xA0\""},
        QuoteCase{"LoneContinuationByte", "a\x80z", "\"a\uFFFDz\"", "\"a\uFFFDz\""},
        QuoteCase{"TruncatedSequence", "a\xE2\x82", "\"a\uFFFD\uFFFD\"", "\"a\uFFFD\uFFFD\""},
        QuoteCase{"TruncatedTwoByteSequenceAtEnd", "a\xC2", "\"a\uFFFD\"", "\"a\uFFFD\""},
        QuoteCase{"ControlAfterBrokenLead", "\xE2\n\x9B", "\"\uFFFD\\n\uFFFD\"",
                  "\"\uFFFD\\n\uFFFD\""},
        QuoteCase{"OverlongLineEnd", "\xC0\x8A", "\"\uFFFD\uFFFD\"", "\"\uFFFD\uFFFD\""},
        QuoteCase{"Surrogate", "\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\"", "\"\uFFFD\uFFFD\uFFFD\""},
        QuoteCase{"NoByteOfUtf8", "\xFF", "\"\uFFFD\"", "\"\uFFFD\""}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(QuoteTest, AnyTwoBytesComeOutPrintableAndValid) {
  for (unsigned pair = 0; pair < 0x10000; ++pair) {
    const char bytes[] = {static_cast<char>(pair >> 8), static_cast<char>(pair & 0xFF)};
    std::string out;
    AppendLogfmtValue(out, std::string_view(bytes, 2));
    ASSERT_TRUE(base::IsValidUtf8(out)) << pair;
    ASSERT_FALSE(base::HasControlCharacter(out)) << pair;
  }
}

}  // namespace
}  // namespace ssegw::log
