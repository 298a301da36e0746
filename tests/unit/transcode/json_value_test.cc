#include "tests/unit/transcode/json_value.h"

#include <gtest/gtest.h>

namespace ssegw::transcode {
namespace {

using testing::Not;

// The judge of all the other tests is judged here.
struct Pair {
  const char* name;
  const char* a;
  const char* b;
  bool same;
};

class JsonValueTest : public testing::TestWithParam<Pair> {};

TEST_P(JsonValueTest, ComparesByValue) {
  const std::string a = GetParam().a;
  if (GetParam().same) {
    EXPECT_THAT(a, IsJson(GetParam().b));
  } else {
    EXPECT_THAT(a, Not(IsJson(GetParam().b)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, JsonValueTest,
    testing::Values(Pair{"OrderOfMembers", R"({"a":1,"b":[]})", R"({ "b": [], "a": 1 })", true},
                    Pair{"OrderOfElements", "[1,2]", "[2,1]", false},
                    Pair{"Escapes", R"("\u00e9\u003c\ud83d\ude00\n")", R"("é<😀\n")", true},
                    Pair{"DigitsOfDouble", "99.949999999999989", "99.94999999999999", true},
                    Pair{"DifferentDouble", "99.949999999999989", "99.94999999999998", false},
                    Pair{"DigitsOfFloat", "1.17549435e-38", "1.1754944e-38", true},
                    Pair{"DifferentFloat", "1.17549435e-38", "1.1754947e-38", false},
                    Pair{"WholeFloat", "3397522554880", "3.39752255e+12", true},
                    Pair{"NoFloat", "3397522554881", "3.39752255e+12", false},
                    Pair{"BigIntegers", "9223372036854775807", "9223372036854775806", false},
                    Pair{"NumberAndString", "1", R"("1")", false},
                    Pair{"NullAndMissing", R"({"a":null})", "{}", false},
                    Pair{"TrueAndFalse", "true", "false", false},
                    Pair{"NameTwice", R"({"a":1,"a":1})", R"({"a":1})", false},
                    Pair{"LineBreak", "[1,\n2]", "[1,2]", false},
                    Pair{"TrailingText", "{}}", "{}", false},
                    Pair{"InvalidUtf8", "\"\xFF\"", "\"\xFF\"", false},
                    Pair{"LoneSurrogate", R"("\ud83d")", R"("\ud83d")", false}),
    [](const auto& pair) { return std::string(pair.param.name); });

}  // namespace
}  // namespace ssegw::transcode
