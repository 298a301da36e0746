#include "gateway/http/own_origin.h"

#include <algorithm>
#include <optional>

#include "gateway/http/forwarded.h"
#include "internal/base/origin.h"

namespace ssegw::http {

bool IsOwnOrigin(const net::HttpRequest& request, std::string_view origin,
                 const std::vector<base::IpPrefix>& trusted_proxies) {
  const std::optional<base::Origin> page = base::Origin::Parse(origin);
  if (!page.has_value()) return false;
  if (page->IsAt(request.host)) return true;
  const std::vector<std::string_view> hosts = ForwardedHosts(request, trusted_proxies);
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](std::string_view host) { return page->IsAt(host); });
}

}  // namespace ssegw::http
