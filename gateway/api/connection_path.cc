#include "gateway/api/connection_path.h"

#include <algorithm>
#include <cstddef>

#include "gateway/http/query.h"
#include "internal/base/ascii.h"

namespace ssegw::api {
namespace {

constexpr std::string_view kConnections = "/@connections/";
constexpr size_t kMaxIdBytes = 128;

}  // namespace

std::optional<std::string> ConnectionIdOf(std::string_view path) {
  std::string storage;
  const std::string_view normal = http::NormalPath(path, storage);
  const size_t found = normal.find(kConnections);
  if (found == std::string_view::npos) return std::nullopt;
  return std::string(normal.substr(found + kConnections.size()));
}

bool IsConnectionId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return base::IsLetterOrDigit(c) || c == '-';
  });
}

}  // namespace ssegw::api
