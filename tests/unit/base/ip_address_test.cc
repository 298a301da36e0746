#include "internal/base/ip_address.h"

#include <gtest/gtest.h>

namespace ssegw::base {
namespace {

TEST(IpAddressTest, HasOneTextForEachAddress) {
  struct Case {
    std::string_view text;
    std::string_view canonical;
  };
  const Case cases[] = {
      {"192.0.2.1", "192.0.2.1"},       {"0.0.0.0", "0.0.0.0"}, {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::FFFF:C000:201", "192.0.2.1"}, {"::1", "::1"},         {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:DB8::A", "2001:db8::a"},   {"::", "::"},           {"unix:", "unix:"},
  };
  for (const Case& c : cases) {
    const auto address = IpAddress::Parse(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->ToString(), c.canonical) << c.text;
    EXPECT_EQ(address, IpAddress::Parse(c.canonical)) << c.text;
  }
}

TEST(IpAddressTest, RefusesWhatIsNone) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "a"sv, "1.2.3"sv, "1.2.3.256"sv, "01.2.3.4"sv, "1.2.3.4 "sv, "1.2.3.4:80"sv,
        "[::1]"sv, "fe80::1%eth0"sv, "1.2.3.4\0"sv, "::1\0x"sv, "1::2::3"sv, ":::"sv}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
}

TEST(IpPrefixTest, ContainsTheAddressesThatBeginLikeIt) {
  struct Case {
    std::string_view prefix;
    std::string_view address;
    bool contains;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
      {"10.0.0.0/8", "::10.1.2.3", false},
      {"10.1.2.3/8", "10.9.9.9", true},
      {"::ffff:10.0.0.0/104", "10.1.2.3", true},
      {"192.168.1.128/25", "192.168.1.127", false},
      {"192.168.1.128/25", "192.168.1.128", true},
      {"0.0.0.0/0", "1.2.3.4", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "1.2.3.4", true},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "127.0.0.2", false},
      {"127.0.0.1/32", "127.0.0.0", false},
      {"::1/128", "::1", true},
      {"::1", "::2", false},
  };
  for (const Case& c : cases) {
    const auto prefix = IpPrefix::Parse(c.prefix);
    ASSERT_TRUE(prefix) << c.prefix;
    EXPECT_EQ(prefix->Contains(*IpAddress::Parse(c.address)), c.contains)
        << c.prefix << ' ' << c.address;
  }
}

TEST(IpPrefixTest, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8", "::/129",
        "10.0.0/8", "10/8", "10.0.0.0/8/8", "localhost", "10.0.0.0/255.0.0.0"}) {
    EXPECT_FALSE(IpPrefix::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace ssegw::base
