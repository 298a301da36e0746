#include "gateway/http/own_origin.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

std::vector<base::IpPrefix> Trusted() { return {*base::IpPrefix::Parse("192.0.2.0/24")}; }

TEST(IsOwnOriginTest, ComparesHostAndPortWithTheHostField) {
  struct Case {
    std::string_view origin;
    std::string_view host;
    bool own;
  };
  const Case cases[] = {
      {"http://gw.example:8080", "gw.example:8080", true},
      {"http://GW.example:8080", "gw.EXAMPLE:8080", true},
      {"http://gw.example", "gw.example", true},
      {"http://gw.example", "gw.example:80", true},
      // Behind a proxy that ends TLS.
      {"https://gw.example", "gw.example", true},
      {"https://gw.example", "gw.example:443", true},
      {"https://gw.example:8443", "gw.example:8443", true},
      {"http://[::1]:8080", "[::1]:8080", true},
      {"http://gw.example:3000", "gw.example:8080", false},
      {"http://gw.example", "gw.example:8080", false},
      {"http://evil.example", "gw.example", false},
      {"http://gw.example.evil", "gw.example", false},
      {"null", "null", false},
      {"", "", false},
      {"gw.example", "gw.example", false},
      {"chrome-extension://gw.example", "gw.example", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(IsOwnOrigin(Request("GET", "/sse", {{"host", c.host}}), c.origin, {}), c.own)
        << c.origin << " at " << c.host;
  }
  EXPECT_FALSE(IsOwnOrigin(Request("GET", "/sse"), "http://gw.example", {})) << "no Host field";
}

TEST(IsOwnOriginTest, BelievesTrustedProxiesAboutTheHost) {
  for (const net::HttpRequest::Field field :
       {net::HttpRequest::Field{"X-Forwarded-Host", "gw.example"},
        {"X-Forwarded-Host", "gw.example:443, inner.example"},
        {"Forwarded", "for=6.6.6.6;host=gw.example;proto=https"},
        {"Forwarded", "for=6.6.6.6, host=\"gw.example:443\""}}) {
    net::HttpRequest request = Request("GET", "/sse", {{"Host", "10.0.0.7:8080"}, field});
    EXPECT_TRUE(IsOwnOrigin(request, "https://gw.example", Trusted())) << field.value;
    EXPECT_FALSE(IsOwnOrigin(request, "https://evil.example", Trusted())) << field.value;
    EXPECT_FALSE(IsOwnOrigin(request, "https://gw.example", {})) << field.value;
    request.peer_address = "203.0.113.9";
    EXPECT_FALSE(IsOwnOrigin(request, "https://gw.example", Trusted())) << field.value;
  }
}

}  // namespace
}  // namespace ssegw::http
