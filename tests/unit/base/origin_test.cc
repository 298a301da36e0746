#include "internal/base/origin.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace ssegw::base {
namespace {

TEST(OriginTest, TakesApartWhatBrowsersSend) {
  struct Case {
    std::string_view text;
    std::string_view scheme;
    std::string_view host;
    uint16_t port;
  };
  const Case cases[] = {
      {"https://app.example", "https", "app.example", 443},
      {"http://app.example", "http", "app.example", 80},
      {"http://localhost:3000", "http", "localhost", 3000},
      {"https://192.0.2.1:8443", "https", "192.0.2.1", 8443},
      {"http://[2001:db8::1]", "http", "[2001:db8::1]", 80},
      {"http://[::1]:5173", "http", "[::1]", 5173},
      {"chrome-extension://abcdef", "chrome-extension", "abcdef", 0},
      {"https://xn--bcher-kva.example", "https", "xn--bcher-kva.example", 443},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const std::optional<Origin> origin = Origin::Parse(c.text);
    ASSERT_TRUE(origin.has_value());
    EXPECT_EQ(origin->scheme, c.scheme);
    EXPECT_EQ(origin->host, c.host);
    EXPECT_EQ(origin->port, c.port);
  }
}

TEST(OriginTest, RefusesWhatIsNone) {
  for (const std::string_view text : {"",
                                      "null",
                                      "app.example",
                                      "://app.example",
                                      "https://",
                                      "https://app.example/",
                                      "https://app.example/a",
                                      "https://app.example?a",
                                      "https://u@app.example",
                                      "https://app.example:",
                                      "https://app.example:0",
                                      "https://app.example:65536",
                                      "https://app.example:*",
                                      "https://*.example",
                                      "https://a b",
                                      "https://a.example https://b",
                                      "https://[::1",
                                      "https://[192.0.2.1]",
                                      "https://1.2.3",
                                      "1http://a",
                                      "https://b\u00FCcher"}) {
    EXPECT_FALSE(Origin::Parse(text).has_value()) << text;
  }
}

bool IsAt(std::string_view origin, std::string_view authority) {
  return Origin::Parse(origin).value().IsAt(authority);
}

TEST(OriginTest, IsAtTheAuthorityOfItsHostAndPort) {
  struct Case {
    std::string_view origin;
    std::string_view authority;
    bool at;
  };
  const Case cases[] = {
      {"http://gw.example:8080", "gw.example:8080", true},
      {"http://gw.example", "gw.example", true},
      {"http://gw.example", "gw.example:80", true},
      {"http://gw.example", "gw.example:", true},
      {"https://gw.example", "gw.example:443", true},
      {"https://gw.example", "gw.example", true},
      {"HTTP://GW.Example", "gw.eXAMPLE", true},
      {"http://[::1]:8080", "[::1]:8080", true},
      {"http://[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", true},
      {"http://[2001:db8::a]", "[2001:DB8::A]", true},
      {"http://192.0.2.1", "192.0.2.1", true},
      {"http://gw.example", "gw.example:8080", false},
      {"http://gw.example:8080", "gw.example", false},
      {"http://gw.example:8080", "gw.example:8081", false},
      {"https://gw.example", "gw.example:80", false},
      {"http://gw.example", "gw.example:443", false},
      {"http://gw.example", "a.gw.example", false},
      {"http://a.gw.example", "gw.example", false},
      {"http://gw.example", "gw.example.", false},
      {"http://gw.example", "", false},
      {"http://gw.example", ":80", false},
      {"http://gw.example", "gw.example:080x", false},
      {"http://[::1]", "[::2]", false},
      {"http://192.0.2.1", "[::ffff:192.0.2.1]", false},
      // Not of the web: a page of an extension is nobody's own.
      {"chrome-extension://gw.example", "gw.example", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(IsAt(c.origin, c.authority), c.at) << c.origin << c.authority;
}

bool Matches(std::string_view pattern, std::string_view origin) {
  const auto parsed = Origin::Parse(origin);
  return parsed.has_value() && OriginPattern::Parse(pattern).value().Matches(*parsed);
}

TEST(OriginPatternTest, MatchesWhatItStandsFor) {
  struct Case {
    std::string_view pattern;
    std::string_view origin;
    bool matches;
  };
  const Case cases[] = {
      {"https://a.example", "https://a.example", true},
      {"https://a.example", "https://a.example:443", true},
      {"https://a.example:443", "https://a.example", true},
      {"HTTPS://A.Example", "https://a.example", true},
      {"https://a.example", "HTTPS://A.EXAMPLE", true},
      {"https://a.example", "http://a.example", false},
      {"https://a.example", "https://a.example:8443", false},
      {"https://a.example", "https://b.a.example", false},
      {"https://a.example", "https://a.example.evil", false},
      {"http://[::1]:3000", "http://[::1]:3000", true},
      {"http://[0:0::1]:3000", "http://[::1]:3000", true},
      {"chrome-extension://abc", "chrome-extension://abc", true},

      {"https://*.example.com", "https://a.example.com", true},
      {"https://*.example.com", "https://a.b.example.com", true},
      {"https://*.example.com", "https://A.Example.COM", true},
      {"https://*.example.com", "https://example.com", false},
      {"https://*.example.com", "https://evilexample.com", false},
      {"https://*.example.com", "https://a.example.com.evil", false},
      {"https://*.example.com", "https://a.example.org", false},
      {"https://*.example.com", "http://a.example.com", false},
      {"https://*.example.com", "https://a.example.com:8443", false},
      {"https://*.example.com", "https://.example.com", false},
      {"https://*.example.com", "https://a..example.com", false},
      {"https://*.example.com", "https://..example.com", false},
      {"https://*.example.com:8443", "https://a.example.com:8443", true},
      {"https://*.example.com:8443", "https://a.example.com", false},

      {"http://localhost:*", "http://localhost:3000", true},
      {"http://localhost:*", "http://localhost:65535", true},
      {"http://localhost:*", "http://localhost", true},
      {"http://localhost:*", "https://localhost", false},
      {"http://localhost:*", "http://localhost.evil:3000", false},
      {"http://localhost:*", "http://a.localhost:3000", false},
      {"http://[::1]:*", "http://[::1]:5173", true},
      {"https://*.example.com:*", "https://a.b.example.com:1", true},
      {"https://*.example.com:*", "https://example.com:1", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Matches(c.pattern, c.origin), c.matches) << c.pattern << " and " << c.origin;
  }
}

TEST(OriginPatternTest, HasOneTextForEachSpelling) {
  const auto text = [](std::string_view t) { return OriginPattern::Parse(t).value().ToString(); };
  EXPECT_EQ(text("HTTPS://A.Example:443"), "https://a.example");
  EXPECT_EQ(text("http://a.example:443"), "http://a.example:443");
  EXPECT_EQ(text("https://*.Example.com"), "https://*.example.com");
  EXPECT_EQ(text("http://LocalHost:*"), "http://localhost:*");
  EXPECT_EQ(text("https://*.a.example:*"), "https://*.a.example:*");
  EXPECT_EQ(text("http://[::1]:3000"), "http://[::1]:3000");
}

TEST(OriginPatternTest, RefusesWhatWouldMatchMoreThanItSeems) {
  for (const std::string_view text : {"",
                                      "*",
                                      "null",
                                      "a.example",
                                      "*.example.com",
                                      "https://*",
                                      "https://*:443",
                                      "https://*example.com",
                                      "https://a.*.example.com",
                                      "https://*.*.example.com",
                                      "https://*.",
                                      "https://*..example.com",
                                      "https://a*.example.com",
                                      "*://a.example",
                                      "http*://a.example",
                                      "https://*.192.0.2.1",
                                      "https://*.1",
                                      "https://*.[::1]",
                                      "http://localhost:30*",
                                      "http://localhost:**",
                                      "http://localhost:0",
                                      "http://localhost:",
                                      "https://a.example/",
                                      "https://*.example.com/",
                                      "https://u@a.example",
                                      "https://999.0.2.1"}) {
    EXPECT_FALSE(OriginPattern::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace ssegw::base
