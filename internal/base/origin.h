#ifndef SSEGW_INTERNAL_BASE_ORIGIN_H_
#define SSEGW_INTERNAL_BASE_ORIGIN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::base {

// What a browser says a page is from, "https://app.example:8443" (RFC 6454 section 6.2), as views
// into its text. A page without an origin of its own is "null", which is none of these.
struct Origin {
  std::string_view scheme;
  // A name, an IPv4 address, or an IPv6 address in brackets.
  std::string_view host;
  // The scheme's own where the text has none; 0: the scheme has none either.
  uint16_t port = 0;

  // nullopt: it is not one.
  static std::optional<Origin> Parse(std::string_view text);

  // Whether pages of this origin are from authority, "host" or "host:port", as a Host field has it
  // (RFC 9110 section 7.2). False for schemes that are not of the web.
  bool IsAt(std::string_view authority) const;
};

// Which origins an entry of a list stands for: "https://app.example" for itself,
// "https://*.example" for all names that end so, of one label more or several, but not for
// "https://example", and "http://localhost:*" for any port or none.
//
// Cost: Matches allocates nothing.
class OriginPattern {
 public:
  // Whatever the case; the port may be the scheme's own. nullopt: it is none.
  static std::optional<OriginPattern> Parse(std::string_view text);

  bool Matches(const Origin& origin) const;

  // In lower case, without the port that is the scheme's own: as browsers have it.
  std::string ToString() const;

 private:
  std::string scheme_;
  // Without the "*" of a pattern of names: then it begins with a dot.
  std::string host_;
  bool any_subdomain_ = false;
  bool any_port_ = false;
  uint16_t port_ = 0;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_ORIGIN_H_
