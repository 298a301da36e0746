#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "gateway/config/options.h"

namespace ssegw::config {
namespace {

std::string Code(const std::string& text) { return text.empty() ? "empty" : "`" + text + "`"; }

// In Markdown a bare * is emphasis.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '*') out += '\\';
    out += c;
  }
  return out;
}

// The row that docs/configuration.md has for an option.
std::string Row(const Option& option) {
  return "| `--" + option.name + "` | " +
         (option.in_environment ? Code(option.EnvironmentName()) : "none") + " | " +
         Code(option.default_text) + " | " + Escaped(option.range) + " | " +
         Escaped(option.meaning) + " |";
}

TEST(ConfigurationPageTest, HasTheRowOfEachFlagAndNoOther) {
  std::set<std::string> rows;
  std::ifstream page(SSEGW_CONFIGURATION_PAGE);
  ASSERT_TRUE(page.is_open()) << SSEGW_CONFIGURATION_PAGE;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `--")) continue;
    EXPECT_TRUE(rows.insert(line).second) << "twice in the page: " << line;
  }
  for (const Option& option : Options()) {
    EXPECT_EQ(rows.erase(Row(option)), 1U) << "not in the page: " << Row(option);
  }
  EXPECT_THAT(rows, testing::IsEmpty());
}

TEST(ConfigurationPageTest, NamesTheFlagsThatChangeAtRunTimeAndNoOther) {
  std::vector<std::string> named;
  std::ifstream page(SSEGW_CONFIGURATION_PAGE);
  bool in_section = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) in_section = line == "## Changing flags while it runs";
    if (!in_section || !line.starts_with("| `")) continue;
    named.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  std::vector<std::string> expected;
  for (const Option& option : Options()) {
    if (option.at_run_time) expected.push_back(option.name);
  }
  EXPECT_EQ(named, expected);
}

}  // namespace
}  // namespace ssegw::config
