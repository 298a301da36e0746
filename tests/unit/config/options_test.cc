#include "gateway/config/options.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/config/parse.h"

namespace ssegw::config {
namespace {

// The table has no default of its own: what it says is what a Config{} has.
TEST(OptionsTest, TheDefaultIsThatOfTheConfiguration) {
  const char* const argv[] = {"sse-gateway"};
  const ParseResult parsed = Parse(1, argv, [](const char*) -> const char* { return nullptr; });
  for (const Option& option : Options()) {
    EXPECT_TRUE(option.is_same(*parsed.config, Config())) << option.name;
    EXPECT_EQ(parsed.texts.at(option.name), option.default_text) << option.name;
  }
}

TEST(OptionsTest, TheDefaultsTextMeansTheDefault) {
  for (const Option& option : Options()) {
    // An empty text may be no value that somebody could give: an empty --probe.
    if (option.default_text.empty()) continue;
    Settings settings;
    EXPECT_TRUE(option.set(option.default_text, settings).ok()) << option.name;
    EXPECT_TRUE(option.is_same(settings.config, Config()))
        << option.name << " is not " << option.default_text << " in a Config{}";
  }
}

TEST(OptionsTest, EachNameStandsOnce) {
  for (const Option& option : Options()) EXPECT_EQ(FindOption(option.name), &option) << option.name;
}

}  // namespace
}  // namespace ssegw::config
