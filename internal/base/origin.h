#ifndef SSEGW_INTERNAL_BASE_ORIGIN_H_
#define SSEGW_INTERNAL_BASE_ORIGIN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::base {

// Where a browser says that a page comes from, "https://app.example:8443" (RFC 6454 section 6.2),
// as views into its text. A page without an origin of its own says "null", which does not parse.
struct Origin {
  std::string_view scheme;
  // A name, an IPv4 address, or an IPv6 address in brackets.
  std::string_view host;
  // The scheme's own if the text has none; 0 if the scheme has none either.
  uint16_t port = 0;

  // nullopt if text is not an origin.
  static std::optional<Origin> Parse(std::string_view text);

  // Whether authority, "host" or "host:port" as in a Host field (RFC 9110 section 7.2), is where
  // pages of this origin come from. False for schemes other than http and https.
  bool IsAt(std::string_view authority) const;
};

// The origins that an entry of a list stands for: "https://app.example" for itself,
// "https://*.example" for all names that end so, with one label more or several, but not for
// "https://example"; "http://localhost:*" for any port or none.
//
// Cost: Matches allocates nothing.
class OriginPattern {
 public:
  // In any case of letters; the port may be the scheme's own. nullopt if text is not a pattern.
  static std::optional<OriginPattern> Parse(std::string_view text);

  bool Matches(const Origin& origin) const;

  // In lower case and without the scheme's own port, as browsers write it.
  std::string ToString() const;

 private:
  std::string scheme_;
  // Without the "*" of a pattern, so that it begins with a dot.
  std::string host_;
  bool any_subdomain_ = false;
  bool any_port_ = false;
  uint16_t port_ = 0;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_ORIGIN_H_
