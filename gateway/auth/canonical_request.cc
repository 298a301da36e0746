#include "gateway/auth/canonical_request.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/hex.h"
#include "internal/base/text.h"

namespace ssegw::auth {
namespace {

void AppendEncoded(std::string& out, std::string_view text, bool keep_slash) {
  for (const char c : text) {
    const bool unreserved =
        base::IsLetterOrDigit(c) || std::string_view("-._~").find(c) != std::string_view::npos;
    if (unreserved || (keep_slash && c == '/')) {
      out += c;
    } else {
      out += '%';
      base::AppendHex(out, c);
    }
  }
}

// Without empty and dot segments (RFC 3986 section 5.2.4).
std::string NormalizedPath(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string normalized;
  for (const std::string_view segment : segments) normalized += base::Concat('/', segment);
  if (normalized.empty() || path.ends_with('/')) normalized += '/';
  return normalized;
}

// A "%" without two hex digits stands for itself.
std::string DecodedParameter(std::string_view raw) {
  std::string text;
  for (size_t i = 0; i < raw.size(); ++i) {
    const bool escape = raw[i] == '%' && i + 2 < raw.size() && base::IsHexDigit(raw[i + 1]) &&
                        base::IsHexDigit(raw[i + 2]);
    if (escape) {
      const auto value = [](char c) {
        return base::IsDigit(c) ? c - '0' : base::ToLower(c) - 'a' + 10;
      };
      text += static_cast<char>(value(raw[i + 1]) * 16 + value(raw[i + 2]));
      i += 2;
    } else {
      text += raw[i] == '+' ? ' ' : raw[i];
    }
  }
  return text;
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (parameter.empty()) continue;
    const size_t equals = parameter.find('=');
    auto& [name, value] = parameters.emplace_back();
    AppendEncoded(name, DecodedParameter(parameter.substr(0, equals)), /*keep_slash=*/false);
    if (equals != std::string_view::npos) {
      AppendEncoded(value, DecodedParameter(parameter.substr(equals + 1)), /*keep_slash=*/false);
    }
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical += base::Concat(name, '=', value);
  }
  return canonical;
}

// Spaces in a row are one.
void AppendTrimmed(std::string& out, std::string_view value) {
  value = base::Trim(value, " \t");
  for (const char c : value) {
    const bool is_blank = c == ' ' || c == '\t';
    if (!is_blank) {
      out += c;
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
}

}  // namespace

std::string CanonicalRequest(const SignedParts& parts,
                             const std::vector<std::string_view>& signed_headers,
                             std::string_view payload_hash) {
  std::string out = base::Concat(parts.method, '\n');
  AppendEncoded(out, NormalizedPath(parts.path), /*keep_slash=*/true);
  out += base::Concat('\n', CanonicalQuery(parts.query), '\n');
  std::string names;
  for (const std::string_view name : signed_headers) {
    out += base::Concat(name, ':');
    bool first = true;
    for (const SignedParts::Field& field : parts.fields) {
      if (!base::EqualsIgnoreCase(field.name, name)) continue;
      if (!std::exchange(first, false)) out += ',';
      AppendTrimmed(out, field.value);
    }
    out += '\n';
    if (!names.empty()) names += ';';
    names += name;
  }
  out += base::Concat('\n', names, '\n', payload_hash);
  return out;
}

}  // namespace ssegw::auth
