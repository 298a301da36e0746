#include "gateway/config/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "gateway/config/options.h"

namespace ssegw::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HelpTest, ListsEveryOptionWithItsDefaultAndEnvironmentVariable) {
  const std::string help = HelpText();
  for (const Option& option : Options()) {
    EXPECT_THAT(help, HasSubstr("\n  --" + option.name + "=" + option.default_text + "\n"));
    const std::string variable = "Environment: " + option.EnvironmentName() + "\n";
    if (option.in_environment) {
      EXPECT_THAT(help, HasSubstr(variable));
    } else {
      EXPECT_THAT(help, Not(HasSubstr(variable)));
    }
  }
}

TEST(HelpTest, FitsIntoATerminal) {
  std::istringstream help(HelpText());
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 90U) << line;
}

}  // namespace
}  // namespace ssegw::config
