#include "internal/sse/event_id.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::sse {
namespace {

TEST(EventIdTest, ReadsBackWhatItWrites) {
  for (const uint64_t seq : {uint64_t{0}, uint64_t{1}, uint64_t{18446744073709551615U}}) {
    const std::string text = FormatEventId("k3f9x2", seq);
    const auto id = ParseEventId(text);
    ASSERT_TRUE(id.has_value()) << text;
    EXPECT_EQ(id->epoch, "k3f9x2");
    EXPECT_EQ(id->seq, seq);
  }
}

TEST(EventIdTest, RefusesWhatItNeverWrites) {
  for (const char* text :
       {"", "-", "e-", "-1", "e", "e1", "e-01", "e-+1", "e--1", "e- 1", "e-1 ", "e-1x", "e-0x1",
        "e-18446744073709551616", "e.f-1", "\xC3\xA9-1", "e-1-2"}) {
    EXPECT_FALSE(ParseEventId(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseEventId(std::string(20000, 'e')).has_value());
  EXPECT_FALSE(ParseEventId("e-" + std::string(20000, '1')).has_value());
}

TEST(EventIdTest, EpochsDifferAndNeedNoEscaping) {
  const std::string epoch = NewEpoch();
  EXPECT_EQ(epoch.size(), 8U);
  EXPECT_EQ(epoch.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  EXPECT_NE(epoch, NewEpoch());
}

}  // namespace
}  // namespace ssegw::sse
