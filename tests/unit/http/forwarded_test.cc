#include "gateway/http/forwarded.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

using Fields = std::vector<net::HttpRequest::Field>;

// Request()'s peer, 192.0.2.1, is among them.
std::vector<base::IpPrefix> Trusted() {
  std::vector<base::IpPrefix> trusted;
  for (const char* text : {"192.0.2.0/24", "10.0.0.0/8", "fd00::/8"}) {
    trusted.push_back(*base::IpPrefix::Parse(text));
  }
  return trusted;
}

std::string AddressOf(const Fields& fields) {
  return ForwardedAddress(Request("GET", "/sse", fields), Trusted());
}

TEST(ForwardedTest, IsTheLastAddressThatIsNotTrusted) {
  struct Case {
    const char* name;
    Fields fields;
    std::string address;
  };
  const std::string_view xff = "X-Forwarded-For";
  const std::string_view forwarded = "Forwarded";
  const std::string peer = "192.0.2.1";
  const Case cases[] = {
      {"no field", {}, peer},
      {"one", {{xff, "6.6.6.6"}}, "6.6.6.6"},
      {"what was there before is not believed", {{xff, "1.1.1.1, 6.6.6.6"}}, "6.6.6.6"},
      {"trusted ones are skipped", {{xff, "1.1.1.1, 6.6.6.6, 10.1.2.3, fd00::1"}}, "6.6.6.6"},
      {"all trusted: the first", {{xff, "10.0.0.9, 10.0.0.1"}}, "10.0.0.9"},
      {"no space", {{xff, "1.1.1.1,6.6.6.6"}}, "6.6.6.6"},
      {"empty elements", {{xff, ", 6.6.6.6,, ,"}}, "6.6.6.6"},
      {"empty field", {{xff, ""}}, peer},
      {"name of other case", {{"x-forwarded-FOR", "6.6.6.6"}}, "6.6.6.6"},
      {"two fields are one list", {{xff, "6.6.6.6"}, {"A", "b"}, {xff, "10.0.0.1"}}, "6.6.6.6"},
      {"the last of two", {{xff, "1.1.1.1"}, {xff, "6.6.6.6"}}, "6.6.6.6"},
      {"port", {{xff, "6.6.6.6:4711"}}, "6.6.6.6"},
      {"IPv6", {{xff, "2001:DB8:0::1"}}, "2001:db8::1"},
      {"IPv6 in brackets", {{xff, "[2001:db8::1]"}}, "2001:db8::1"},
      {"IPv6 in brackets with port", {{xff, "[2001:db8::1]:4711"}}, "2001:db8::1"},
      {"mapped", {{xff, "::ffff:6.6.6.6"}}, "6.6.6.6"},
      {"mapped and trusted", {{xff, "6.6.6.6, ::ffff:10.0.0.1"}}, "6.6.6.6"},
      {"not an address", {{xff, "unknown"}}, peer},
      {"stops at what is none", {{xff, "1.1.1.1, unknown, 10.0.0.1"}}, "10.0.0.1"},
      {"stops at a bad port", {{xff, "1.1.1.1, 6.6.6.6:x, 10.0.0.1"}}, "10.0.0.1"},
      {"open bracket", {{xff, "[2001:db8::1"}}, peer},
      {"something behind the bracket", {{xff, "[2001:db8::1]4711"}}, peer},
      {"open quote is no cover", {{xff, "\"1.1.1.1, 6.6.6.6"}}, "6.6.6.6"},

      {"for", {{forwarded, "for=6.6.6.6"}}, "6.6.6.6"},
      {"for with others", {{forwarded, "proto=https;For=6.6.6.6;by=10.0.0.1"}}, "6.6.6.6"},
      {"spaces around pairs", {{forwarded, "proto=https ; for=6.6.6.6"}}, "6.6.6.6"},
      {"quoted", {{forwarded, R"(for="6.6.6.6")"}}, "6.6.6.6"},
      {"quoted with port", {{forwarded, R"(for="6.6.6.6:80")"}}, "6.6.6.6"},
      {"port without quotes", {{forwarded, "for=6.6.6.6:80"}}, "6.6.6.6"},
      {"quoted IPv6", {{forwarded, R"(for="[2001:db8::1]")"}}, "2001:db8::1"},
      {"quoted IPv6 with port", {{forwarded, R"(for="[2001:db8::1]:47")"}}, "2001:db8::1"},
      {"list", {{forwarded, R"(for=1.1.1.1, for="6.6.6.6";proto=http, for=10.0.0.1)"}}, "6.6.6.6"},
      {"separators in quotes", {{forwarded, R"(for=6.6.6.6;host="a,b;for=1.1.1.1")"}}, "6.6.6.6"},
      {"two fields", {{forwarded, "for=6.6.6.6"}, {forwarded, "for=10.0.0.1"}}, "6.6.6.6"},
      {"unknown", {{forwarded, "for=1.1.1.1, for=unknown, for=10.0.0.1"}}, "10.0.0.1"},
      {"obfuscated", {{forwarded, "for=1.1.1.1, for=_hidden"}}, peer},
      {"obfuscated port", {{forwarded, R"(for="6.6.6.6:_p")"}}, peer},
      {"element without for", {{forwarded, "for=1.1.1.1, proto=https, for=10.0.0.1"}}, "10.0.0.1"},
      {"for twice", {{forwarded, "for=6.6.6.6;for=7.7.7.7"}}, peer},
      {"for without value", {{forwarded, "for"}}, peer},
      {"for of nothing", {{forwarded, "for="}}, peer},
      {"quoted pair", {{forwarded, R"(for="6.6.6\.6")"}}, peer},
      // The sender's own text, with which it tries to hide what the proxy adds behind it.
      {"open quote", {{forwarded, R"(for=1.1.1.1, x=", for=6.6.6.6)"}}, peer},
      {"open quote behind for", {{forwarded, R"(for=1.1.1.1;x=", for=6.6.6.6)"}}, peer},
      {"open quote in a name", {{forwarded, R"(for=1.1.1.1;x", for=6.6.6.6)"}}, peer},
      {"open quote in a name, and spaces", {{forwarded, R"(for=1.1.1.1; x" ,for=6.6.6.6)"}}, peer},
      {"open quote and quotes",
       {{forwarded, R"(for=1.1.1.1;x=", for="[2001:db8::1]";by="[fd00::1]")"}},
       peer},
      {"open quote in for", {{forwarded, R"(for="1.1.1.1, for="6.6.6.6")"}}, peer},
      {"open quote in a field before",
       {{forwarded, "for=1.1.1.1;x=\""}, {forwarded, "for=6.6.6.6"}},
       "6.6.6.6"},

      {"both, and they agree", {{forwarded, "for=6.6.6.6"}, {xff, "1.1.1.1, 6.6.6.6"}}, "6.6.6.6"},
      {"both, and they do not", {{forwarded, "for=1.1.1.1"}, {xff, "6.6.6.6"}}, peer},
  };
  for (const Case& c : cases) EXPECT_EQ(AddressOf(c.fields), c.address) << c.name;
}

TEST(ForwardedTest, NothingIsBelievedFromAPeerThatIsNotTrusted) {
  for (const char* peer : {"203.0.113.9", "2001:db8::9", ""}) {
    net::HttpRequest request =
        Request("GET", "/sse", {{"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "6.6.6.6"}});
    request.peer_address = peer;
    EXPECT_EQ(ForwardedAddress(request, Trusted()), peer);
    EXPECT_EQ(ForwardedAddress(request, {}), peer);
  }
}

TEST(ForwardedTest, AProxyAtAUnixSocketIsBelievedWhereThatIsTrusted) {
  net::HttpRequest request = Request("GET", "/sse", {{"X-Forwarded-For", "6.6.6.6"}});
  request.peer_address = "unix:";
  EXPECT_EQ(ForwardedAddress(request, Trusted()), "unix:");
  EXPECT_EQ(ForwardedAddress(request, {*base::IpPrefix::Parse("unix:")}), "6.6.6.6");
}

TEST(ForwardedTest, PeerMayHaveAZone) {
  net::HttpRequest request = Request("GET", "/sse", {{"X-Forwarded-For", "6.6.6.6"}});
  request.peer_address = "fd00::1%eth0";
  EXPECT_EQ(ForwardedAddress(request, Trusted()), "6.6.6.6");
}

TEST(ForwardedHostsTest, AreThoseOfBothFieldsInOrder) {
  struct Case {
    std::string_view name;
    std::vector<net::HttpRequest::Field> fields;
    std::vector<std::string_view> hosts;
  };
  const Case cases[] = {
      {"none", {}, {}},
      {"one", {{"X-Forwarded-Host", "gw.example:8443"}}, {"gw.example:8443"}},
      {"of several proxies",
       {{"x-forwarded-host", "a.example , b.example"}, {"X-Forwarded-Host", "c.example"}},
       {"a.example", "b.example", "c.example"}},
      {"standard", {{"Forwarded", "for=192.0.2.1;host=gw.example;proto=https"}}, {"gw.example"}},
      {"standard, in quotes",
       {{"Forwarded", "Host=\"[::1]:8443\";for=a, host=b.example"}},
       {"[::1]:8443", "b.example"}},
      {"nothing in it", {{"X-Forwarded-Host", " , "}, {"Forwarded", "host;for=1.2.3.4"}}, {}},
      {"open quote", {{"Forwarded", "host=\"gw.example"}}, {}},
  };
  for (const Case& c : cases) {
    net::HttpRequest request = Request("GET", "/sse", c.fields);
    request.peer_address = "10.0.0.1";
    EXPECT_EQ(ForwardedHosts(request, Trusted()), c.hosts) << c.name;
    request.peer_address = "203.0.113.9";
    EXPECT_EQ(ForwardedHosts(request, Trusted()), std::vector<std::string_view>()) << c.name;
  }
}

TEST(ForwardedTest, SurvivesRandomBytes) {
  std::mt19937 random(5);
  const auto pick = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  const std::string pieces[] = {"for=", "6.6.6.6", "10.0.0.1", "[::1]", "\"", ",", ";",
                                ":80",  "\\",      "[",        "]",     " ",  "=", "unknown"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t n = pick(12); n > 0; --n) {
      text += pick(8) == 0 ? std::string(1, static_cast<char>(pick(256)))
                           : pieces[pick(std::size(pieces))];
    }
    net::HttpRequest request =
        Request("GET", "/sse", {{"Forwarded", text}, {"X-Forwarded-Host", text}});
    request.peer_address = "10.0.0.1";
    ForwardedHosts(request, Trusted());
    for (const std::string_view name : {"Forwarded", "X-Forwarded-For"}) {
      EXPECT_TRUE(base::IpAddress::Parse(AddressOf({{name, text}}))) << name << ": " << text;
    }
  }
}

}  // namespace
}  // namespace ssegw::http
