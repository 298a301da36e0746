#include "gateway/http/cors.h"

#include <algorithm>
#include <cstddef>

#include "gateway/http/field_value.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

// Enough for any page; keeps the answer small whatever is asked for.
constexpr size_t kMaxRequestedFields = 32;
constexpr size_t kMaxRequestedFieldBytes = 64;

// Longer than any origin with a name of the DNS, which has at most 253 bytes.
constexpr size_t kMaxQuotedOriginBytes = 300;

}  // namespace

CorsPolicy::CorsPolicy(const std::vector<std::string>& allow_origins) {
  for (const std::string& entry : allow_origins) {
    if (entry == "*") {
      any_ = true;
    } else if (base::EqualsIgnoreCase(entry, "null")) {
      null_ = true;
    } else if (auto pattern = base::OriginPattern::Parse(entry)) {
      patterns_.push_back(*std::move(pattern));
    }
  }
}

bool CorsPolicy::Allows(std::string_view origin) const {
  if (any_) return true;
  if (origin == "null") return null_;
  const std::optional<base::Origin> page = base::Origin::Parse(origin);
  return page.has_value() &&
         std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const auto& pattern) { return pattern.Matches(*page); });
}

void CorsPolicy::AddFields(std::optional<std::string_view> reader, bool refused,
                           net::HttpFields& fields) const {
  if (any_) {
    fields.emplace_back("Access-Control-Allow-Origin", "*");
  } else {
    fields.emplace_back("Vary", "Origin");
    if (!reader.has_value()) return;
    fields.emplace_back("Access-Control-Allow-Origin", *reader);
    fields.emplace_back("Access-Control-Allow-Credentials", "true");
  }
  fields.emplace_back("Access-Control-Expose-Headers",
                      refused ? "X-Connection-Id, X-Request-Id" : "X-Connection-Id");
}

std::string OriginRefusal(std::string_view origin) {
  std::string quoted;
  for (const char c : origin.substr(0, kMaxQuotedOriginBytes)) {
    quoted += c > ' ' && c <= '~' && c != '"' ? c : '?';
  }
  const bool whole = quoted == origin;
  if (origin.size() > kMaxQuotedOriginBytes) quoted += "...";
  std::string text = base::Concat("Origin \"", quoted, "\" is not an allowed one");
  if (!whole) return text;
  if (origin == "null") {
    text +=
        ": to allow pages without an origin (files, sandboxed frames), add null to "
        "--allow_origins";
  } else if (const auto pattern = base::OriginPattern::Parse(origin);
             pattern.has_value() && base::Origin::Parse(origin).has_value()) {
    text += base::Concat(": to allow it, add ", pattern->ToString(), " to --allow_origins");
  }
  return text;
}

void AddPreflightFields(std::string_view allowed_methods, std::string_view requested,
                        net::HttpFields& fields) {
  std::vector<std::string_view> names = {"Last-Event-ID", "Cache-Control"};
  const size_t own = names.size();
  for (const std::string_view name : SplitField(requested, ',')) {
    if (names.size() - own == kMaxRequestedFields) break;
    if (name.size() > kMaxRequestedFieldBytes || !IsToken(name)) continue;
    const bool known = std::any_of(names.begin(), names.end(), [&](std::string_view other) {
      return base::EqualsIgnoreCase(name, other);
    });
    if (!known) names.push_back(name);
  }
  std::string list;
  for (const std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  fields.emplace_back("Access-Control-Allow-Methods", allowed_methods);
  fields.emplace_back("Access-Control-Allow-Headers", list);
  fields.emplace_back("Access-Control-Max-Age", "7200");  // the most that Chromium takes
}

}  // namespace ssegw::http
