#include "gateway/http/own_origin.h"

#include <algorithm>
#include <optional>

#include "gateway/http/forwarded.h"
#include "gateway/http/query.h"
#include "internal/base/origin.h"

namespace ssegw::http {
namespace {

// A Host field says nothing beside an absolute-form target (RFC 9112 section 3.2.2).
std::string_view AuthorityOf(const net::HttpRequest& request) {
  const std::optional<Target> target = SplitTarget(request.target);
  if (target.has_value() && !target->authority.empty()) return target->authority;
  return request.Find("Host").value_or("");
}

}  // namespace

bool IsOwnOrigin(const net::HttpRequest& request, std::string_view origin,
                 const std::vector<base::IpPrefix>& trusted_proxies) {
  const std::optional<base::Origin> page = base::Origin::Parse(origin);
  if (!page.has_value()) return false;
  if (page->IsAt(AuthorityOf(request))) return true;
  const std::vector<std::string_view> hosts = ForwardedHosts(request, trusted_proxies);
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](std::string_view host) { return page->IsAt(host); });
}

}  // namespace ssegw::http
