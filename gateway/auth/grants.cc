#include "gateway/auth/grants.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/hex.h"

namespace ssegw::auth {
namespace {

// A claim's value as text; nullopt: it is of a type that stands for no token, or empty.
std::optional<std::string> TextOf(const Claim& claim) {
  if (const auto* text = std::get_if<std::string>(&claim)) {
    return text->empty() ? std::nullopt : std::optional(*text);
  }
  if (const auto* number = std::get_if<int64_t>(&claim)) return std::to_string(*number);
  return std::nullopt;
}

void AddFilter(std::string_view text, Grants& grants) {
  if (text == kConnectionsWord) {
    grants.connections = true;
    return;
  }
  absl::StatusOr<window::Filter> filter = window::Filter::Parse(text);
  if (filter.ok()) {
    grants.filters.push_back(*std::move(filter));
  } else {
    ++grants.voided;
  }
}

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

}  // namespace

std::string ClaimToken(std::string_view value) {
  std::string token;
  for (const char c : value) {
    if (base::IsLetterOrDigit(c) || c == '-') {
      token += c;
      continue;
    }
    token += '_';
    base::AppendHex(token, c);
  }
  return token;
}

void AddListedFilters(const Claims& claims, std::string_view name, Grants& grants) {
  const auto found = claims.find(name);
  if (found == claims.end()) return;
  if (const auto* list = std::get_if<StringList>(&found->second)) {
    for (const std::string& text : list->strings) AddFilter(text, grants);
    grants.voided += list->others;
  } else if (const auto* text = std::get_if<std::string>(&found->second)) {
    for (std::string_view rest = *text; !rest.empty();) {
      const std::string_view filter = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), filter.size() + 1));
      if (!filter.empty()) AddFilter(filter, grants);
    }
  } else {
    ++grants.voided;
  }
}

absl::StatusOr<FilterTemplate> FilterTemplate::Parse(std::string_view text) {
  std::vector<Piece> pieces;
  // The same with a token in place of each claim, which has to be a filter.
  std::string sample;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t open = rest.find('{');
    if (open > 0) {
      const std::string_view plain = rest.substr(0, open);
      pieces.push_back({.text = std::string(plain)});
      sample += plain;
      rest.remove_prefix(plain.size());
      continue;
    }
    const size_t close = rest.find('}');
    if (close == std::string_view::npos) return Invalid("has a \"{\" without a \"}\"");
    if (close == 1) return Invalid("has \"{}\", which names no claim");
    const bool begins_token = sample.empty() || sample.back() == '.';
    const bool ends_token = close + 1 == rest.size() || rest[close + 1] == '.';
    if (!begins_token || !ends_token) {
      return Invalid(base::Concat("has \"", rest.substr(0, close + 1),
                                  "\" beside other characters: it has to be a whole token"));
    }
    pieces.push_back({.text = std::string(rest.substr(1, close - 1)), .is_claim = true});
    sample += 'x';
    rest.remove_prefix(close + 1);
  }
  if (const auto filter = window::Filter::Parse(sample); !filter.ok()) return filter.status();
  return FilterTemplate(std::move(pieces));
}

std::optional<window::Filter> FilterTemplate::For(const Claims& claims) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!piece.is_claim) {
      text += piece.text;
      continue;
    }
    const auto claim = claims.find(piece.text);
    if (claim == claims.end()) return std::nullopt;
    const std::optional<std::string> value = TextOf(claim->second);
    if (!value) return std::nullopt;
    text += ClaimToken(*value);
  }
  absl::StatusOr<window::Filter> filter = window::Filter::Parse(text);
  return filter.ok() ? std::optional(*std::move(filter)) : std::nullopt;
}

Grants GrantRules::For(const Claims& claims) const {
  Grants grants;
  if (!topics_claim_.empty()) AddListedFilters(claims, topics_claim_, grants);
  // Nothing that a subscriber can have.
  if (std::exchange(grants.connections, false)) ++grants.voided;
  for (const FilterTemplate& filter_template : templates_) {
    if (std::optional<window::Filter> filter = filter_template.For(claims)) {
      grants.filters.push_back(*std::move(filter));
    } else {
      ++grants.voided;
    }
  }
  return grants;
}

}  // namespace ssegw::auth
