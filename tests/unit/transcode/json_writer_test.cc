#include "internal/transcode/json_writer.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iomanip>
#include <iterator>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::transcode {
namespace {

template <typename Write>
std::string Written(const Write& write) {
  std::string text = "left from before";
  JsonWriter json(&text);
  write(json);
  json.Finish();
  return text;
}

std::string DoubleText(double value) {
  return Written([value](JsonWriter& json) { json.Double(value); });
}

std::string Padded(int value, size_t width) {
  const std::string digits = std::to_string(value);
  return std::string(width - digits.size(), '0') + digits;
}

TEST(JsonWriterTest, EveryStringIsWhatTheSlowWaySays) {
  std::mt19937_64 random(7);
  static constexpr std::string_view kPieces[] = {"a",
                                                 "twelve bytes",
                                                 "\"",
                                                 "\\",
                                                 "\n",
                                                 "\x01",
                                                 "\x1F",
                                                 " ",
                                                 "\x7F",
                                                 "~",
                                                 "é",
                                                 "€",
                                                 "😀",
                                                 "\u0085",
                                                 "\u2028",
                                                 "\u2029",
                                                 "\u202A",
                                                 "\xC2",
                                                 "\xED\xA0\x80",
                                                 "\xF4\x90\x80\x80",
                                                 "\xE0\x80\x80"};
  int valid = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    // The last pieces are not UTF-8: half of the texts go without them.
    const size_t pieces = std::size(kPieces) - (i % 2 == 0 ? 4 : 0);
    for (auto n = random() % 12; n > 0; --n) text += kPieces[random() % pieces];
    std::string written = "x";
    JsonWriter json(&written);
    const bool is_valid = json.String(text);
    json.Finish();
    ASSERT_EQ(is_valid, base::IsValidUtf8(text));
    if (!is_valid) continue;
    ++valid;
    std::string expected;
    base::AppendJsonString(expected, text);
    ASSERT_EQ(written, expected);
  }
  EXPECT_GT(valid, 10'000);
}

TEST(JsonWriterTest, LongTextsGrowWithTheirEscapes) {
  const std::string text(100'000, '\x01');
  const std::string json = Written([&](JsonWriter& out) { EXPECT_TRUE(out.String(text)); });
  EXPECT_EQ(json.size(), 6 * text.size() + 2);
}

TEST(JsonWriterTest, LineSeparatorsAreEscapedAndTheirNeighboursAreNot) {
  const auto written = [](std::string_view text) {
    return Written([&](JsonWriter& out) { EXPECT_TRUE(out.String(text)); });
  };
  EXPECT_EQ(written("\u2028"), R"("\u2028")");
  EXPECT_EQ(written("a\u2029é\u0085\u0085twelve bytes\u2028"),
            R"("a\u2029é\u0085\u0085twelve bytes\u2028")");
  const std::string neighbours = "\u0084\u0086\u00A0\u00C5\u2027\u202A\u2068\u00E2";
  EXPECT_EQ(written(neighbours), '"' + neighbours + '"');
  // Each takes twice its bytes, or three times.
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += i % 2 == 0 ? "\u0085" : "\u2028";
  EXPECT_EQ(written(many).size(), 10'000U * 6 + 2);
}

TEST(JsonWriterTest, DoublesReadBackTheSame) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = DoubleText(value);
    double read_back = 0;
    std::from_chars(text.data(), text.data() + text.size(), read_back);
    ASSERT_EQ(std::bit_cast<uint64_t>(read_back), std::bit_cast<uint64_t>(value)) << text;
  }
}

TEST(JsonWriterTest, NumbersAreAsPeopleWriteThem) {
  EXPECT_EQ(DoubleText(0), "0");
  EXPECT_EQ(DoubleText(-0.0), "-0");
  EXPECT_EQ(DoubleText(0.1), "0.1");
  EXPECT_EQ(DoubleText(1e6), "1000000");
  EXPECT_EQ(DoubleText(-12345678), "-12345678");
  EXPECT_EQ(DoubleText(1e300), "1e+300");
  EXPECT_EQ(DoubleText(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
  EXPECT_EQ(DoubleText(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
  EXPECT_EQ(Written([](JsonWriter& json) { json.Float(0.1F); }), "0.1");
}

TEST(JsonWriterTest, TheLastCommaGivesWay) {
  EXPECT_EQ(Written([](JsonWriter& json) {
              json.Raw("[1,2,");
              json.Close(']');
            }),
            "[1,2]");
  EXPECT_EQ(Written([](JsonWriter& json) {
              json.Char('{');
              json.Close('}');
            }),
            "{}");
}

// Days counted by the rule of leap years: the first and the last day of each month.
TEST(JsonWriterTest, EveryMonthOfTenThousandYears) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const auto text = [](int64_t seconds) {
    return Written([seconds](JsonWriter& json) { json.Timestamp(seconds, 0); });
  };
  int64_t seconds = -62'135'596'800;
  for (int year = 1; year <= 9999; ++year) {
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int month = 1; month <= 12; ++month) {
      const int days = kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
      const std::string start = base::Concat("\"", Padded(year, 4), "-", Padded(month, 2), "-");
      ASSERT_EQ(text(seconds), base::Concat(start, "01T00:00:00Z\""));
      seconds += int64_t{86'400} * days;
      ASSERT_EQ(text(seconds - 1), base::Concat(start, days, "T23:59:59Z\""));
    }
  }
  EXPECT_EQ(seconds, 253'402'300'800);
}

}  // namespace
}  // namespace ssegw::transcode
