#include "internal/net/http_service.h"

#include <algorithm>

#include "internal/base/text.h"

namespace ssegw::net {

std::optional<std::string_view> HttpRequest::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (base::EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string HttpRequest::FindList(std::string_view name) const {
  std::string list;
  for (const Field& field : fields) {
    if (!base::EqualsIgnoreCase(field.name, name)) continue;
    if (!list.empty()) list += ", ";
    list += field.value;
  }
  return list;
}

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace ssegw::net
