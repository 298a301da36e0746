#include "internal/base/host.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::base {
namespace {

TEST(HostTest, TakesWhatAHostFieldHolds) {
  struct Case {
    const char* text;
    const char* name;
    bool address = false;
    int port = -1;
  };
  for (const Case& c :
       {Case{"example.com", "example.com"}, Case{"example.com:8080", "example.com", false, 8080},
        Case{"example.com:", "example.com"}, Case{"Example.COM.", "Example.COM"},
        Case{"sse-gateway_1", "sse-gateway_1"},
        Case{"%2Frun%2Fgateway.sock", "%2Frun%2Fgateway.sock"},
        Case{"192.0.2.1", "192.0.2.1", true}, Case{"192.0.2.1:80", "192.0.2.1", true, 80},
        Case{"[2001:db8::1]", "2001:db8::1", true}, Case{"[::1]:65535", "::1", true, 65535},
        Case{"[fe80::1%25eth0]:1", "fe80::1", true, 1}}) {
    const auto host = Host::Parse(c.text);
    ASSERT_TRUE(host) << c.text;
    EXPECT_EQ(host->name, c.name) << c.text;
    EXPECT_EQ(host->address.has_value(), c.address) << c.text;
    EXPECT_EQ(host->port ? static_cast<int>(*host->port) : -1, c.port) << c.text;
  }
}

TEST(HostTest, IsNotWhatIsNone) {
  for (const std::string& text : {std::string(),
                                  std::string("a b"),
                                  std::string("a/b"),
                                  std::string("a@b"),
                                  std::string("a,b"),
                                  std::string("a;b"),
                                  std::string("a?b"),
                                  std::string("a#b"),
                                  std::string("a:b"),
                                  std::string("a:65536"),
                                  std::string("a:-1"),
                                  std::string("a:80:80"),
                                  std::string(":80"),
                                  std::string("::1"),
                                  std::string("[::1"),
                                  std::string("[::1]80"),
                                  std::string("[]"),
                                  std::string("[a]"),
                                  std::string("[1.2.3.4]"),
                                  std::string("[::1%]"),
                                  std::string(".a"),
                                  std::string("a..b"),
                                  std::string("."),
                                  std::string("a%2"),
                                  std::string("a%GG"),
                                  std::string("<a>"),
                                  std::string("a\"b"),
                                  std::string("\xC3\xA4.de"),
                                  std::string("a\0b", 3),
                                  std::string("http://a"),
                                  std::string(256, 'a')}) {
    EXPECT_FALSE(Host::Parse(text)) << text;
  }
}

TEST(HostTest, LoopbackIsThisMachineByANameThatNoOtherCanHave) {
  for (const char* text : {"localhost", "LOCALHOST:1", "localhost.", "a.b.localhost", "127.0.0.1",
                           "127.8.9.10:80", "[::1]", "[::ffff:127.0.0.1]"}) {
    EXPECT_TRUE(IsLoopback(*Host::Parse(text))) << text;
  }
  for (const char* text : {"localhost.evil.example", "notlocalhost", "x.localhost.com", "128.0.0.1",
                           "0.0.0.0", "[::2]", "127.0.0.1.evil.example", "127.1"}) {
    EXPECT_FALSE(IsLoopback(*Host::Parse(text))) << text;
  }
}

TEST(HostTest, ListenerIsLoopbackAtItsAddressOrName) {
  for (const char* host : {"127.0.0.1", "127.0.0.9", "::1", "localhost"}) {
    EXPECT_TRUE(IsLoopback(Endpoint{.host = host, .port = 1})) << host;
  }
  for (const char* host : {"", "0.0.0.0", "::", "10.0.0.1", "gateway"}) {
    EXPECT_FALSE(IsLoopback(Endpoint{.host = host, .port = 1})) << host;
  }
  EXPECT_FALSE(IsLoopback(Endpoint{.path = "/run/gateway"}));
}

TEST(HostPatternTest, MatchesWhatItStandsFor) {
  struct Case {
    const char* pattern;
    const char* host;
    bool matches;
  };
  for (const Case& c : {Case{"example.com", "example.com", true},
                        Case{"example.com", "EXAMPLE.com.:1", true},
                        Case{"Example.com", "example.com", true},
                        Case{"example.com", "a.example.com", false},
                        Case{"example.com", "example.com.evil", false},
                        Case{"*.example.com", "a.example.com", true},
                        Case{"*.example.com", "b.a.example.com:443", true},
                        Case{"*.example.com", "example.com", false},
                        Case{"*.example.com", "badexample.com", false},
                        Case{"example.com:8080", "example.com:8080", true},
                        Case{"example.com:8080", "example.com", false},
                        Case{"example.com:8080", "example.com:8081", false},
                        Case{"example.com:443", "example.com", true},
                        Case{"example.com:80", "example.com", true},
                        Case{"example.com:443", "example.com:80", false},
                        Case{"10.0.0.1", "10.0.0.1:9", true},
                        Case{"10.0.0.1", "10.0.0.2", false},
                        Case{"[::1]:9", "[0:0::1]:9", true},
                        Case{"*.0.0.1x", "10.0.0.1", false},
                        Case{"*", "whatever:1", true}}) {
    const auto pattern = HostPattern::Parse(c.pattern);
    ASSERT_TRUE(pattern) << c.pattern;
    EXPECT_EQ(pattern->Matches(*Host::Parse(c.host)), c.matches) << c.pattern << ' ' << c.host;
  }
}

TEST(HostPatternTest, IsWrittenAsItIsRead) {
  for (const char* text : {"example.com", "*.example.com", "example.com:8080", "*.example.com:1",
                           "10.0.0.1", "[::1]", "[::1]:8080", "*"}) {
    EXPECT_EQ(HostPattern::Parse(text)->ToString(), text);
  }
  EXPECT_EQ(HostPattern::Parse("Example.COM.")->ToString(), "example.com");
  for (const char* text : {"", "**", "*.", "*.10.0.0.1", "a.*", "http://a", "a b", "*a", "*:80"}) {
    EXPECT_FALSE(HostPattern::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace ssegw::base
