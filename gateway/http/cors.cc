#include "gateway/http/cors.h"

#include <algorithm>
#include <cstddef>

#include "gateway/http/field_value.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

// Enough for any page; keeps the answer small whatever is asked for.
constexpr size_t kMaxRequestedFields = 32;
constexpr size_t kMaxRequestedFieldBytes = 64;

// As a browser serializes it: in lower case, without the scheme's own port.
std::string NormalizeOrigin(std::string origin) {
  for (char& c : origin) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  const std::string_view own_port = origin.starts_with("https://") ? ":443" : ":80";
  if (origin.ends_with(own_port)) origin.resize(origin.size() - own_port.size());
  return origin;
}

}  // namespace

CorsPolicy::CorsPolicy(const std::vector<std::string>& allow_origins)
    : any_(std::find(allow_origins.begin(), allow_origins.end(), "*") != allow_origins.end()) {
  if (any_) return;
  for (const std::string& origin : allow_origins) origins_.push_back(NormalizeOrigin(origin));
}

bool CorsPolicy::Allows(std::optional<std::string_view> origin) const {
  return any_ || !origin.has_value() ||
         std::find(origins_.begin(), origins_.end(), *origin) != origins_.end();
}

void CorsPolicy::AddFields(std::optional<std::string_view> origin, bool refused,
                           net::HttpFields& fields) const {
  if (any_) {
    fields.emplace_back("Access-Control-Allow-Origin", "*");
  } else {
    fields.emplace_back("Vary", "Origin");
    if (!origin.has_value() || !Allows(origin)) return;
    fields.emplace_back("Access-Control-Allow-Origin", *origin);
    fields.emplace_back("Access-Control-Allow-Credentials", "true");
  }
  fields.emplace_back("Access-Control-Expose-Headers",
                      refused ? "X-Connection-Id, X-Request-Id" : "X-Connection-Id");
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
