#include "internal/log/render.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace ssegw::log {
namespace {

using std::chrono::system_clock;

// 2026-01-02T03:04:05.678Z
constexpr system_clock::time_point kAt{std::chrono::milliseconds(1767323045678)};

std::string Logfmt(const std::vector<Field>& fields) {
  return RenderLine(Format::kLogfmt, kAt, Level::kInfo, "listening", fields);
}
std::string Json(const std::vector<Field>& fields) {
  return RenderLine(Format::kJson, kAt, Level::kInfo, "listening", fields);
}

TEST(RenderTest, LogfmtLineHasTimeLevelMessageThenFieldsInOrder) {
  EXPECT_EQ(Logfmt({{"http", "0.0.0.0:8080"}, {"admin", "0.0.0.0:9090"}}),
            "ts=2026-01-02T03:04:05.678Z level=info msg=listening http=0.0.0.0:8080 "
            "admin=0.0.0.0:9090\n");
}

TEST(RenderTest, JsonLineHasTheSameMembersInTheSameOrder) {
  EXPECT_EQ(Json({{"http", "0.0.0.0:8080"}, {"port", 8080}}),
            R"({"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"listening",)"
            R"("http":"0.0.0.0:8080","port":8080})"
            "\n");
}

TEST(RenderTest, LineWithoutFieldsEndsAfterTheMessage) {
  EXPECT_EQ(Logfmt({}), "ts=2026-01-02T03:04:05.678Z level=info msg=listening\n");
  EXPECT_EQ(Json({}), R"({"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"listening"})"
                      "\n");
}

struct ValueCase {
  std::string name;
  Value value;
  std::string logfmt;
  std::string json;
};

void PrintTo(const ValueCase& c, std::ostream* out) { *out << c.name; }

class RenderValueTest : public testing::TestWithParam<ValueCase> {};

TEST_P(RenderValueTest, IsWrittenInBothFormats) {
  const ValueCase& c = GetParam();
  EXPECT_EQ(Logfmt({{"v", c.value}}),
            "ts=2026-01-02T03:04:05.678Z level=info msg=listening v=" + c.logfmt + "\n");
  EXPECT_EQ(
      Json({{"v", c.value}}),
      R"({"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"listening","v":)" + c.json + "}\n");
}

INSTANTIATE_TEST_SUITE_P(
    Values, RenderValueTest,
    testing::Values(
        ValueCase{"Word", "up", "up", R"("up")"},
        ValueCase{"Sentence", "no route", R"("no route")", R"("no route")"},
        ValueCase{"LineEnd", "a\nb", R"("a\nb")", R"("a\nb")"},
        ValueCase{"InvalidUtf8", "\xFF", "\"\uFFFD\"", "\"\uFFFD\""},
        ValueCase{"NumberInAString", "12", "12", R"("12")"}, ValueCase{"Int", -7, "-7", "-7"},
        ValueCase{"Short", int16_t{3}, "3", "3"},
        ValueCase{"LowestInt64", std::numeric_limits<int64_t>::min(), "-9223372036854775808",
                  "-9223372036854775808"},
        ValueCase{"HighestUint64", std::numeric_limits<uint64_t>::max(), "18446744073709551615",
                  "18446744073709551615"},
        ValueCase{"Double", 0.1, "0.1", "0.1"}, ValueCase{"WholeDouble", 3.0, "3", "3"},
        ValueCase{"LongestDouble", -2.2250738585072014e-308, "-2.2250738585072014e-308",
                  "-2.2250738585072014e-308"},
        ValueCase{"NotANumber", std::numeric_limits<double>::quiet_NaN(), "nan", R"("nan")"},
        ValueCase{"Infinity", -std::numeric_limits<double>::infinity(), "-inf", R"("-inf")"},
        ValueCase{"True", true, "true", "true"}, ValueCase{"False", false, "false", "false"}),
    [](const auto& param) { return param.param.name; });

TEST(RenderTest, MessageIsQuotedLikeAnyValue) {
  EXPECT_EQ(RenderLine(Format::kLogfmt, kAt, Level::kError, "cannot listen\n", {}),
            "ts=2026-01-02T03:04:05.678Z level=error msg=\"cannot listen\\n\"\n");
}

TEST(RenderTest, TimeHasLeadingZerosAndIsCutToMilliseconds) {
  const auto at = system_clock::time_point(std::chrono::seconds(1709164800)) +  // a 29 February
                  std::chrono::duration_cast<system_clock::duration>(std::chrono::nanoseconds(999));
  EXPECT_EQ(RenderLine(Format::kLogfmt, at, Level::kDebug, "m", {}),
            "ts=2024-02-29T00:00:00.000Z level=debug msg=m\n");
}

TEST(RenderTest, LevelsHaveTheNamesThatTheFlagTakes) {
  EXPECT_EQ(LevelName(Level::kDebug), "debug");
  EXPECT_EQ(LevelName(Level::kInfo), "info");
  EXPECT_EQ(LevelName(Level::kWarn), "warn");
  EXPECT_EQ(LevelName(Level::kError), "error");
}

}  // namespace
}  // namespace ssegw::log
