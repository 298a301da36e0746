#include "gateway/config/flag_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace ssegw::config {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using testing::HasSubstr;

// A text, and what it is read as; nullopt: it is refused.
template <typename T>
struct ValueCase {
  std::string name;
  std::string text;
  std::optional<T> value;
};

template <typename T>
void PrintTo(const ValueCase<T>& c, std::ostream* out) {
  *out << c.name;
}

template <typename T>
std::string CaseName(const testing::TestParamInfo<ValueCase<T>>& param) {
  return param.param.name;
}

template <typename T>
void ExpectReadAs(const absl::StatusOr<T>& read, const ValueCase<T>& c) {
  ASSERT_EQ(read.ok(), c.value.has_value()) << read.status();
  if (c.value) {
    EXPECT_EQ(*read, *c.value);
  } else {
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("expected "));
  }
}

using AddressCase = ValueCase<Address>;
class ParseAddressTest : public testing::TestWithParam<AddressCase> {};
TEST_P(ParseAddressTest, ReadsOrRefuses) {
  ExpectReadAs(ParseAddress(GetParam().text), GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseAddressTest,
    testing::Values(AddressCase{"Ipv4", "127.0.0.1:8080", Address{"127.0.0.1", 8080}},
                    AddressCase{"AnyFreePort", "0.0.0.0:0", Address{"0.0.0.0", 0}},
                    AddressCase{"HighestPort", "0.0.0.0:65535", Address{"0.0.0.0", 65535}},
                    AddressCase{"EmptyHostIsAll", ":8080", Address{"", 8080}},
                    AddressCase{"Ipv6", "[::1]:8080", Address{"::1", 8080}},
                    AddressCase{"Name", "my-host.local:80", Address{"my-host.local", 80}},
                    AddressCase{"Unix", "unix:/run/gw/http", Address{.path = "/run/gw/http"}},
                    AddressCase{"UnixRelative", "unix:http", std::nullopt},
                    AddressCase{"UnixEmpty", "unix:", std::nullopt},
                    AddressCase{"UnixTooLong", "unix:/" + std::string(107, 'x'), std::nullopt},
                    AddressCase{"Empty", "", std::nullopt},
                    AddressCase{"NoPort", "0.0.0.0", std::nullopt},
                    AddressCase{"EmptyPort", "0.0.0.0:", std::nullopt},
                    AddressCase{"PortTooHigh", "0.0.0.0:65536", std::nullopt},
                    AddressCase{"NegativePort", "0.0.0.0:-1", std::nullopt},
                    AddressCase{"SignedPort", "0.0.0.0:+80", std::nullopt},
                    AddressCase{"PortWithRest", "0.0.0.0:80x", std::nullopt},
                    AddressCase{"PortByName", "0.0.0.0:http", std::nullopt},
                    AddressCase{"Ipv4OutOfRange", "256.0.0.1:80", std::nullopt},
                    AddressCase{"Ipv4TooShort", "127.1:80", std::nullopt},
                    AddressCase{"Ipv6WithoutBrackets", "::1:8080", std::nullopt},
                    AddressCase{"Ipv6Malformed", "[::x]:8080", std::nullopt},
                    AddressCase{"Ipv4InBrackets", "[127.0.0.1]:8080", std::nullopt},
                    AddressCase{"EmptyBrackets", "[]:8080", std::nullopt},
                    AddressCase{"Url", "http://localhost:8080", std::nullopt},
                    AddressCase{"Space", " 0.0.0.0:8080", std::nullopt}),
    CaseName<Address>);

TEST(AddressTest, ToStringCanBeParsedAgain) {
  for (const std::string text :
       {"127.0.0.1:80", "[2001:db8::1]:0", ":8080", "localhost:1", "unix:/a/b"}) {
    EXPECT_EQ(ParseAddress(text)->ToString(), text);
  }
}

using DurationCase = ValueCase<base::Duration>;
class ParseDurationTest : public testing::TestWithParam<DurationCase> {};
TEST_P(ParseDurationTest, ReadsOrRefuses) {
  ExpectReadAs(ParseDuration(GetParam().text, {0ms, 24h}), GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseDurationTest,
    testing::Values(DurationCase{"Seconds", "15s", 15s}, DurationCase{"Compound", "1m30s", 90s},
                    DurationCase{"Fraction", "1.5s", 1500ms}, DurationCase{"Zero", "0", 0s},
                    DurationCase{"ZeroWithUnit", "0s", 0s}, DurationCase{"Highest", "24h", 24h},
                    DurationCase{"TooHigh", "24h1ns", std::nullopt},
                    DurationCase{"Infinite", "inf", std::nullopt},
                    DurationCase{"Negative", "-1s", std::nullopt},
                    DurationCase{"NoUnit", "15", std::nullopt},
                    DurationCase{"UnknownUnit", "2d", std::nullopt},
                    DurationCase{"Empty", "", std::nullopt}),
    CaseName<base::Duration>);

TEST(ParseDurationTest, NamesTheRange) {
  EXPECT_EQ(std::string(ParseDuration("0", {1ms, 24h}).status().message()),
            "expected a duration in 1ms..24h, such as 15s or 1m30s");
}

using IntegerCase = ValueCase<int64_t>;
class ParseIntegerTest : public testing::TestWithParam<IntegerCase> {};
TEST_P(ParseIntegerTest, ReadsOrRefuses) {
  ExpectReadAs(ParseInteger(GetParam().text, {1, 1024}), GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseIntegerTest,
    testing::Values(IntegerCase{"Lowest", "1", 1}, IntegerCase{"Highest", "1024", 1024},
                    IntegerCase{"TooLow", "0", std::nullopt},
                    IntegerCase{"TooHigh", "1025", std::nullopt},
                    IntegerCase{"Negative", "-1", std::nullopt},
                    IntegerCase{"BeyondInt64", "18446744073709551617", std::nullopt},
                    IntegerCase{"Fraction", "1.0", std::nullopt},
                    IntegerCase{"Unit", "1KiB", std::nullopt},
                    IntegerCase{"Empty", "", std::nullopt}),
    CaseName<int64_t>);

TEST(ParseIntegerTest, NamesTheRange) {
  EXPECT_EQ(std::string(ParseInteger("0", {1, 1024}).status().message()),
            "expected an integer in 1..1024");
}

using BoolCase = ValueCase<bool>;
class ParseBoolTest : public testing::TestWithParam<BoolCase> {};
TEST_P(ParseBoolTest, ReadsOrRefuses) { ExpectReadAs(ParseBool(GetParam().text), GetParam()); }
INSTANTIATE_TEST_SUITE_P(Texts, ParseBoolTest,
                         testing::Values(BoolCase{"True", "true", true}, BoolCase{"One", "1", true},
                                         BoolCase{"Yes", "yes", true},
                                         BoolCase{"False", "false", false},
                                         BoolCase{"Zero", "0", false}, BoolCase{"No", "no", false},
                                         BoolCase{"Two", "2", std::nullopt},
                                         BoolCase{"On", "on", std::nullopt},
                                         BoolCase{"Empty", "", std::nullopt}),
                         CaseName<bool>);

using ListCase = ValueCase<Strings>;
class ParseListTest : public testing::TestWithParam<ListCase> {};
TEST_P(ParseListTest, ReadsOrRefuses) { ExpectReadAs(ParseList(GetParam().text), GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseListTest,
    testing::Values(ListCase{"None", "", Strings{}}, ListCase{"OnlySpace", "  ", Strings{}},
                    ListCase{"One", "a.binpb", Strings{"a.binpb"}},
                    ListCase{"SpaceAroundEntries", " a , b c ", Strings{"a", "b c"}},
                    ListCase{"EmptyEntry", "a,,b", std::nullopt},
                    ListCase{"CommaAtEnd", "a,", std::nullopt},
                    ListCase{"CommaAtStart", ",a", std::nullopt},
                    ListCase{"OnlyComma", ",", std::nullopt}),
    CaseName<Strings>);

class ParseOriginsTest : public testing::TestWithParam<ListCase> {};
TEST_P(ParseOriginsTest, ReadsOrRefuses) {
  ExpectReadAs(ParseOrigins(GetParam().text), GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseOriginsTest,
    testing::Values(
        ListCase{"Any", "*", Strings{"*"}},
        ListCase{"One", "https://a.example", Strings{"https://a.example"}},
        ListCase{"Several", "https://a.example, http://localhost:3000",
                 Strings{"https://a.example", "http://localhost:3000"}},
        ListCase{"CapitalsAsBrowsersSendThem", "HTTPS://A.Example", Strings{"https://a.example"}},
        ListCase{"HttpsPort", "https://a.example:443", Strings{"https://a.example"}},
        ListCase{"HttpPort", "http://a.example:80", Strings{"http://a.example"}},
        ListCase{"OtherSchemesPort", "http://a.example:443", Strings{"http://a.example:443"}},
        ListCase{"Ipv6", "http://[::1]", Strings{"http://[::1]"}},
        ListCase{"Ipv6WithPort", "http://[::1]:3000", Strings{"http://[::1]:3000"}},
        ListCase{"OtherScheme", "chrome-extension://abcdef", Strings{"chrome-extension://abcdef"}},
        ListCase{"Subdomains", "https://*.Example.com", Strings{"https://*.example.com"}},
        ListCase{"SubdomainsWithPort", "https://*.a.example:8443",
                 Strings{"https://*.a.example:8443"}},
        ListCase{"AnyPort", "http://localhost:*", Strings{"http://localhost:*"}},
        ListCase{"SubdomainsAndAnyPort", "https://*.a.example:*", Strings{"https://*.a.example:*"}},
        ListCase{"Null", "null, https://a.example", Strings{"null", "https://a.example"}},
        ListCase{"NullInCapitals", "NULL", Strings{"null"}},
        ListCase{"OneTopLevelDomain", "https://*.example", Strings{"https://*.example"}},
        ListCase{"None", "", std::nullopt}, ListCase{"NoScheme", "a.example", std::nullopt},
        ListCase{"EmptyScheme", "://a.example", std::nullopt},
        ListCase{"NoHost", "https://", std::nullopt},
        ListCase{"FileOrigin", "file://", std::nullopt},
        ListCase{"SlashAtEnd", "https://a.example/", std::nullopt},
        ListCase{"Path", "https://a.example/app", std::nullopt},
        ListCase{"Query", "https://a.example?x", std::nullopt},
        ListCase{"User", "https://u@a.example", std::nullopt},
        ListCase{"AnyHost", "https://*", std::nullopt},
        ListCase{"AnyScheme", "*://a.example", std::nullopt},
        ListCase{"PartOfALabel", "https://*a.example", std::nullopt},
        ListCase{"WildcardInTheMiddle", "https://a.*.example", std::nullopt},
        ListCase{"SubdomainsWithoutScheme", "*.a.example", std::nullopt},
        ListCase{"SubdomainsOfAnAddress", "https://*.192.0.2.1", std::nullopt},
        ListCase{"PartOfAPort", "http://localhost:30*", std::nullopt},
        ListCase{"EmptyPort", "https://a.example:", std::nullopt},
        ListCase{"PortZero", "https://a.example:0", std::nullopt},
        ListCase{"PortTooHigh", "https://a.example:65536", std::nullopt},
        ListCase{"AnyAmongOthers", "https://a.example,*", std::nullopt},
        ListCase{"EmptyEntry", "https://a.example,,https://b.example", std::nullopt}),
    CaseName<Strings>);

TEST(ParseOriginsTest, SaysWhichEntryIsAtFault) {
  const auto origins = ParseOrigins("https://a.example, https://b.example/");
  EXPECT_EQ(
      origins.status().message(),
      "expected in entry 2 an origin: scheme://host or scheme://host:port without a path or a "
      "slash at the end, where *. may stand before a name and * for the port, or null");
}

struct ProbeCase {
  std::string name;
  std::string text;
  std::optional<ProbeTarget> target;  // nullopt: it is refused
};
void PrintTo(const ProbeCase& c, std::ostream* out) { *out << c.text; }

class ParseProbeTest : public testing::TestWithParam<ProbeCase> {};
TEST_P(ParseProbeTest, ReadsOrRefuses) {
  const auto target = ParseProbe(GetParam().text);
  EXPECT_EQ(target.ok() ? std::optional(*target) : std::nullopt, GetParam().target);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseProbeTest,
    testing::Values(
        ProbeCase{"Ready", "readyz", ProbeTarget{{}, "/readyz"}},
        ProbeCase{"Healthy", "healthz", ProbeTarget{{}, "/healthz"}},
        ProbeCase{"Path", "/metrics?x=%20", ProbeTarget{{}, "/metrics?x=%20"}},
        ProbeCase{"Url", "http://gw.example.com:9090/readyz",
                  ProbeTarget{Address{"gw.example.com", 9090}, "/readyz"}},
        ProbeCase{"NoPort", "http://gw.example.com/x",
                  ProbeTarget{Address{"gw.example.com", 80}, "/x"}},
        ProbeCase{"NoPath", "http://127.0.0.1:1", ProbeTarget{Address{"127.0.0.1", 1}, "/"}},
        ProbeCase{"QueryAlone", "http://127.0.0.1:1?a",
                  ProbeTarget{Address{"127.0.0.1", 1}, "/?a"}},
        ProbeCase{"Ipv6", "http://[::1]:9/a", ProbeTarget{Address{"::1", 9}, "/a"}},
        ProbeCase{"Ipv6NoPort", "http://[::1]/a", ProbeTarget{Address{"::1", 80}, "/a"}},
        ProbeCase{"Empty", "", std::nullopt}, ProbeCase{"OtherWord", "ready", std::nullopt},
        ProbeCase{"AddressAlone", "127.0.0.1:9090", std::nullopt},
        ProbeCase{"Https", "https://gw.example.com/readyz", std::nullopt},
        ProbeCase{"NoHost", "http:///readyz", std::nullopt},
        ProbeCase{"PortAlone", "http://:9090/readyz", std::nullopt},
        ProbeCase{"PortZero", "http://a:0/", std::nullopt},
        ProbeCase{"PortTooHigh", "http://a:65536/", std::nullopt},
        ProbeCase{"User", "http://u:p@a:1/", std::nullopt},
        ProbeCase{"Fragment", "http://a:1/x#y", std::nullopt},
        ProbeCase{"Space", "/a b", std::nullopt}, ProbeCase{"LineEnd", "/a\r\nX: y", std::nullopt}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace ssegw::config
