#include "gateway/http/forwarded.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "gateway/http/field_value.h"
#include "internal/base/ascii.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

// Left to right; nullopt: an element that is not an address.
using Addresses = std::vector<std::optional<base::IpAddress>>;

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), base::IsDigit);
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80"; a bare IPv6 address too, which
// is what X-Forwarded-For has.
std::optional<base::IpAddress> ParseNode(std::string_view node) {
  if (node.starts_with('[')) {
    const size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = node.substr(end + 1);
    if (!rest.empty() && !(rest[0] == ':' && IsPort(rest.substr(1)))) return std::nullopt;
    return base::IpAddress::Parse(node.substr(1, end - 1));
  }
  const size_t colon = node.find(':');
  const bool one_colon = colon != std::string_view::npos && colon == node.rfind(':');
  if (!one_colon) return base::IpAddress::Parse(node);
  if (!IsPort(node.substr(colon + 1))) return std::nullopt;
  return base::IpAddress::Parse(node.substr(0, colon));
}

// The text of a value in quotes or without; nullopt: a quote where none may be. An address needs no
// quoted pairs.
std::optional<std::string_view> Unquote(std::string_view value) {
  if (value.find('"') == std::string_view::npos) return value;
  if (value.size() < 2 || value.find_first_of("\"\\", 1) != value.size() - 1 ||
      !value.starts_with('"')) {
    return std::nullopt;
  }
  return value.substr(1, value.size() - 2);
}

// Of "for=192.0.2.1;proto=https". Every pair of it has to be well-formed, its name too: behind a
// quote that the sender left open (for=1.2.3.4;x=" or for=1.2.3.4;x") may be what a proxy added.
std::optional<base::IpAddress> ParseElement(std::string_view element) {
  std::optional<base::IpAddress> address;
  for (const std::string_view pair : SplitField(element, ';')) {
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !IsToken(pair.substr(0, equals))) return std::nullopt;
    const auto value = Unquote(pair.substr(equals + 1));
    if (!value) return std::nullopt;
    if (!base::EqualsIgnoreCase(pair.substr(0, equals), "for")) continue;
    if (address) return std::nullopt;
    address = ParseNode(*value);
    if (!address) return std::nullopt;
  }
  return address;
}

// Each field is read for itself, so that a quote that one leaves open ends with it.
Addresses OfForwarded(std::string_view value) {
  Addresses addresses;
  for (const std::string_view element : SplitField(value, ',')) {
    addresses.push_back(ParseElement(element));
  }
  return addresses;
}

// There are no quotes in it: a comma is always one.
Addresses OfXForwardedFor(std::string_view value) {
  Addresses addresses;
  for (;;) {
    const size_t comma = value.find(',');
    const std::string_view node = TrimSpace(value.substr(0, comma));
    if (!node.empty()) addresses.push_back(ParseNode(node));
    if (comma == std::string_view::npos) return addresses;
    value.remove_prefix(comma + 1);
  }
}

// What the fields of that name say, one after the other; nullopt: there is none.
std::optional<Addresses> OfFields(const net::HttpRequest& request, std::string_view name,
                                  Addresses (*parse)(std::string_view)) {
  std::optional<Addresses> all;
  for (const net::HttpRequest::Field& field : request.fields) {
    if (!base::EqualsIgnoreCase(field.name, name)) continue;
    if (!all) all.emplace();
    const Addresses some = parse(field.value);
    all->insert(all->end(), some.begin(), some.end());
  }
  return all;
}

bool IsTrusted(const base::IpAddress& address, const std::vector<base::IpPrefix>& trusted) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const base::IpPrefix& prefix) { return prefix.Contains(address); });
}

// From the right until one is not trusted. peer: is trusted.
base::IpAddress Walk(const Addresses& addresses, base::IpAddress peer,
                     const std::vector<base::IpPrefix>& trusted) {
  base::IpAddress last = peer;
  for (size_t i = addresses.size(); i-- > 0;) {
    const std::optional<base::IpAddress>& address = addresses[i];
    if (!address) break;
    last = *address;
    if (!IsTrusted(last, trusted)) break;
  }
  return last;
}

// The request's peer where it is trusted.
std::optional<base::IpAddress> TrustedPeer(const net::HttpRequest& request,
                                           const std::vector<base::IpPrefix>& trusted) {
  // Without the zone of a link-local address.
  const auto peer =
      base::IpAddress::Parse(request.peer_address.substr(0, request.peer_address.find('%')));
  return peer && IsTrusted(*peer, trusted) ? peer : std::nullopt;
}

}  // namespace

std::string ForwardedAddress(const net::HttpRequest& request,
                             const std::vector<base::IpPrefix>& trusted) {
  const auto peer = TrustedPeer(request, trusted);
  if (!peer) return std::string(request.peer_address);
  const auto forwarded = OfFields(request, "Forwarded", OfForwarded);
  const auto x_forwarded_for = OfFields(request, "X-Forwarded-For", OfXForwardedFor);
  const base::IpAddress by_forwarded = Walk(forwarded.value_or(Addresses()), *peer, trusted);
  const base::IpAddress by_x_forwarded_for =
      Walk(x_forwarded_for.value_or(Addresses()), *peer, trusted);
  if (!x_forwarded_for || by_forwarded == by_x_forwarded_for) return by_forwarded.ToString();
  if (!forwarded) return by_x_forwarded_for.ToString();
  return peer->ToString();
}

std::vector<std::string_view> ForwardedHosts(const net::HttpRequest& request,
                                             const std::vector<base::IpPrefix>& trusted) {
  std::vector<std::string_view> hosts;
  if (!TrustedPeer(request, trusted)) return hosts;
  for (const net::HttpRequest::Field& field : request.fields) {
    if (base::EqualsIgnoreCase(field.name, "X-Forwarded-Host")) {
      for (const std::string_view host : SplitField(field.value, ',')) hosts.push_back(host);
    } else if (base::EqualsIgnoreCase(field.name, "Forwarded")) {
      for (const std::string_view element : SplitField(field.value, ',')) {
        for (const std::string_view pair : SplitField(element, ';')) {
          const size_t equals = pair.find('=');
          if (!base::EqualsIgnoreCase(pair.substr(0, equals), "host")) continue;
          if (equals == std::string_view::npos) continue;
          if (const auto host = Unquote(pair.substr(equals + 1))) hosts.push_back(*host);
        }
      }
    }
  }
  return hosts;
}

}  // namespace ssegw::http
