#include "internal/net/http_service.h"

#include "internal/base/text.h"

namespace ssegw::net {

std::optional<std::string_view> HttpRequest::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (base::EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace ssegw::net
