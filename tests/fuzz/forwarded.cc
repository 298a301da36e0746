// The address of a peer, and then fields, "name: value" a line, as a stranger may send them to a
// proxy that is trusted.
#include "gateway/http/forwarded.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/field_value.h"
#include "internal/base/ip_address.h"
#include "internal/base/text.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

// Whom the proxy saw: none of those that are trusted.
constexpr std::string_view kSender = "203.0.113.7";
constexpr std::string_view kProxy = "10.0.0.1";

const std::vector<base::IpPrefix>& Trusted() {
  static const auto& trusted = *new std::vector<base::IpPrefix>{
      *base::IpPrefix::Parse("10.0.0.0/8"), *base::IpPrefix::Parse("fd00::/8"),
      *base::IpPrefix::Parse("unix:")};
  return trusted;
}

bool Is(const net::HttpRequest::Field& field, std::string_view name) {
  return base::EqualsIgnoreCase(field.name, name);
}

// As a proxy does it: its peer's address behind what is there.
std::string BehindProxy(net::HttpRequest request, std::string_view name, std::string_view element) {
  std::erase_if(request.fields, [&](const auto& field) {
    return !Is(field, name) && (Is(field, "Forwarded") || Is(field, "X-Forwarded-For"));
  });
  request.fields.push_back({.name = name, .value = element});
  request.peer_address = kProxy;
  return http::ForwardedAddress(request, Trusted());
}

// The same in the last line of that name, by a comma.
std::string BehindProxyInLine(net::HttpRequest request, std::string_view name,
                              std::string_view element) {
  std::erase_if(request.fields, [&](const auto& field) {
    return !Is(field, name) && (Is(field, "Forwarded") || Is(field, "X-Forwarded-For"));
  });
  std::string joined;
  for (size_t i = request.fields.size(); i-- > 0;) {
    if (!Is(request.fields[i], name)) continue;
    joined = std::string(request.fields[i].value) + ", " + std::string(element);
    request.fields[i].value = joined;
    break;
  }
  if (joined.empty()) request.fields.push_back({.name = name, .value = element});
  request.peer_address = kProxy;
  return http::ForwardedAddress(request, Trusted());
}

}  // namespace

void Forwarded(std::string_view input) {
  const std::vector<std::string_view> lines = Split(input, '\n');
  net::HttpRequest request;
  request.peer_address = lines[0];
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos) continue;
    request.fields.push_back(
        {.name = lines[i].substr(0, colon), .value = http::TrimSpace(lines[i].substr(colon + 1))});
  }

  const std::string address = http::ForwardedAddress(request, Trusted());
  Holds(address == request.peer_address || base::IpAddress::Parse(address).has_value(),
        "an address comes out");
  for (const std::string_view host : http::ForwardedHosts(request, Trusted())) {
    bool is_of_a_field = false;
    for (const auto& field : request.fields) {
      is_of_a_field =
          is_of_a_field || (host.data() >= field.value.data() &&
                            host.data() + host.size() <= field.value.data() + field.value.size());
    }
    Holds(is_of_a_field, "a host is a part of a field");
  }
  // Somebody whom nobody trusts is who he is.
  net::HttpRequest stranger = request;
  stranger.peer_address = "198.51.100.1";
  Same("a stranger's fields count for nothing", "198.51.100.1",
       http::ForwardedAddress(stranger, Trusted()));
  Holds(http::ForwardedHosts(stranger, Trusted()).empty(), "nor do the hosts in them");

  Same("what was sent to a proxy does not change what the proxy says", kSender,
       BehindProxy(request, "Forwarded", "for=203.0.113.7;proto=https"));
  Same("nor in X-Forwarded-For", kSender, BehindProxy(request, "X-Forwarded-For", kSender));
  Same("nor in the same line", kSender, BehindProxyInLine(request, "X-Forwarded-For", kSender));
  // A quote that the sender left open takes in what the proxy added; then it is the proxy's own.
  const std::string in_line = BehindProxyInLine(request, "Forwarded", "for=203.0.113.7");
  Holds(in_line == kSender || in_line == kProxy, "nor by an open quote");
}

}  // namespace ssegw::fuzz
