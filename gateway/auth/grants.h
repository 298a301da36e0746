#ifndef SSEGW_GATEWAY_AUTH_GRANTS_H_
#define SSEGW_GATEWAY_AUTH_GRANTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/auth/token.h"
#include "internal/window/filter.h"

namespace ssegw::auth {

// value as one token of a topic: each byte outside [A-Za-z0-9-] becomes "_" and two upper-case hex
// digits, so that no two values become the same token. "auth0|7" is "auth0_7C7". value is not
// empty.
std::string ClaimToken(std::string_view value);

// Stands among a publisher's filters, and lets him ask about connections and send to them.
inline constexpr std::string_view kConnectionsWord = "@connections";

// Filters, and how many more a claim should have given but could not.
struct Grants {
  std::vector<window::Filter> filters = {};
  // kConnectionsWord was among them.
  bool connections = false;
  size_t voided = 0;
};

// Adds what the claim of that name lists: an array of filters, or one string with spaces between
// them. An invalid filter, an element that is no string and a claim of another type are voided. A
// claim that is not there gives nothing.
void AddListedFilters(const Claims& claims, std::string_view name, Grants& grants);

// A filter in which "{claim}", as a whole token, stands for a claim's value:
// "dashboards.{tenant}.>". The name is everything between the braces, dots too.
class FilterTemplate {
 public:
  // INVALID_ARGUMENT says which rule the text breaks.
  static absl::StatusOr<FilterTemplate> Parse(std::string_view text);

  // nullopt: a claim is missing, empty, neither a string nor an integer, or too long for a topic.
  std::optional<window::Filter> For(const Claims& claims) const;

 private:
  struct Piece {
    std::string text;  // a claim's name, or what stands as it is, dots too
    bool is_claim = false;
  };

  explicit FilterTemplate(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  std::vector<Piece> pieces_;
};

// What a subscriber's token grants.
//
// Thread: any; immutable.
// Cost:   For: a filter's parse for each grant; a token of 8 KiB has some 2,000 at most.
class GrantRules {
 public:
  // topics_claim: empty: no claim lists filters.
  GrantRules(std::string topics_claim, std::vector<FilterTemplate> templates)
      : topics_claim_(std::move(topics_claim)), templates_(std::move(templates)) {}

  // Some may cover others.
  Grants For(const Claims& claims) const;

 private:
  const std::string topics_claim_;
  const std::vector<FilterTemplate> templates_;
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_GRANTS_H_
