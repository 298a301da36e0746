#include "internal/base/concat.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace ssegw::base {
namespace {

TEST(ConcatTest, TakesStringsCharactersAndIntegers) {
  EXPECT_EQ(Concat("event ", 300122, " bytes", '!', std::string_view(" x")),
            "event 300122 bytes! x");
  EXPECT_EQ(Concat(std::numeric_limits<uint64_t>::max(), ' ', -1), "18446744073709551615 -1");
  EXPECT_EQ(Concat(), "");
}

}  // namespace
}  // namespace ssegw::base
