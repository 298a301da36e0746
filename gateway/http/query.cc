#include "gateway/http/query.h"

#include <cstddef>
#include <utility>

#include "internal/base/text.h"

namespace ssegw::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Of the "%XX" that text begins with; -1: it does not.
int EscapedByte(std::string_view text) {
  if (text.size() < 3) return -1;
  const int high = HexDigit(text[1]);
  const int low = HexDigit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::optional<Target> SplitTarget(std::string_view target) {
  if (!target.starts_with('/')) {
    const size_t colon = target.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view scheme = target.substr(0, colon);
    if (!base::EqualsIgnoreCase(scheme, "http") && !base::EqualsIgnoreCase(scheme, "https")) {
      return std::nullopt;
    }
    target.remove_prefix(colon + 3);
    const size_t end_of_host = target.find_first_of("/?");
    if (target.empty() || end_of_host == 0) return std::nullopt;
    if (end_of_host == std::string_view::npos) return Target{.path = "/", .query = {}};
    target.remove_prefix(end_of_host);
  }
  const size_t mark = target.find('?');
  Target split{.path = target.substr(0, mark), .query = {}};
  if (mark != std::string_view::npos) split.query = target.substr(mark + 1);
  if (split.path.empty()) split.path = "/";  // "http://host?query"
  return split;
}

std::string_view NormalPath(std::string_view path, std::string& storage) {
  const bool ends_with_slash = path.size() > 1 && path.ends_with('/');
  if (!ends_with_slash && path.find('%') == std::string_view::npos &&
      path.find("//") == std::string_view::npos) {
    return path;
  }
  storage.clear();
  for (size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (const int byte = c == '%' ? EscapedByte(path.substr(i)) : -1; byte >= 0) {
      c = static_cast<char>(byte);
      i += 2;
    }
    if (c != '/' || !storage.ends_with('/')) storage += c;
  }
  if (storage.size() > 1 && storage.ends_with('/')) storage.pop_back();
  return storage;
}

std::vector<Parameter> ParseQuery(std::string_view query) {
  std::vector<Parameter> parameters;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    absl::StatusOr<std::string> name = DecodeBytes(pair.substr(0, equals));
    if (!name.ok()) continue;
    parameters.push_back({.name = *std::move(name), .raw_value = {}});
    if (equals != std::string_view::npos) parameters.back().raw_value = pair.substr(equals + 1);
  }
  return parameters;
}

absl::StatusOr<std::string> DecodeBytes(std::string_view raw) {
  std::string bytes;
  bytes.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+') {
      bytes += ' ';
    } else if (raw[i] == '%') {
      const int byte = EscapedByte(raw.substr(i));
      if (byte < 0) {
        return absl::InvalidArgumentError("has a % that two hex digits do not follow");
      }
      bytes += static_cast<char>(byte);
      i += 2;
    } else {
      bytes += raw[i];
    }
  }
  return bytes;
}

absl::StatusOr<std::string> DecodeText(std::string_view raw) {
  absl::StatusOr<std::string> text = DecodeBytes(raw);
  if (!text.ok()) return text;
  if (!base::IsValidUtf8(*text)) return absl::InvalidArgumentError("is not valid UTF-8");
  if (base::HasControlCharacter(*text)) {
    return absl::InvalidArgumentError("has a control character");
  }
  return text;
}

}  // namespace ssegw::http
