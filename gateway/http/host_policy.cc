#include "gateway/http/host_policy.h"

#include <algorithm>
#include <optional>

#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

bool IsBelow(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() &&
         base::EqualsIgnoreCase(name.substr(name.size() - domain.size()), domain);
}

// A name of one label is looked up in the machine's own files and search domains; .svc and
// .cluster.local are those of a cluster's DNS, and .internal is kept for private use: none of them
// is sold.
bool IsInner(const base::Host& host) {
  if (host.address || base::IsLoopback(host)) return true;
  return host.name.find('.') == std::string_view::npos || IsBelow(host.name, ".svc") ||
         IsBelow(host.name, ".cluster.local") || IsBelow(host.name, ".internal");
}

}  // namespace

HostPolicy::HostPolicy(const std::vector<std::string>& allowed_hosts, OtherHosts others)
    : others_(others) {
  for (const std::string& entry : allowed_hosts) {
    if (auto pattern = base::HostPattern::Parse(entry)) patterns_.push_back(*std::move(pattern));
  }
}

bool HostPolicy::Allows(std::string_view host) const {
  if (others_ == OtherHosts::kAny || host.empty()) return true;
  const std::optional<base::Host> parsed = base::Host::Parse(host);
  if (!parsed) return false;
  const auto matches = [&](const base::HostPattern& pattern) { return pattern.Matches(*parsed); };
  if (std::any_of(patterns_.begin(), patterns_.end(), matches)) return true;
  switch (others_) {
    case OtherHosts::kNone:
      return false;
    case OtherHosts::kAny:
      return true;
    case OtherHosts::kLoopback:
      return base::IsLoopback(*parsed);
    case OtherHosts::kInner:
      return IsInner(*parsed);
  }
  return false;
}

HostPolicy PublicHosts(const std::vector<std::string>& allowed_hosts, bool loopback, bool unix) {
  if (unix) return {{}, OtherHosts::kAny};
  if (!allowed_hosts.empty()) return {allowed_hosts, OtherHosts::kNone};
  return {{}, loopback ? OtherHosts::kLoopback : OtherHosts::kAny};
}

HostPolicy AdminHosts(const std::vector<std::string>& allowed_hosts, bool unix) {
  if (unix) return {{}, OtherHosts::kAny};
  std::vector<std::string> named = allowed_hosts;
  std::erase(named, "*");
  return {named, OtherHosts::kInner};
}

std::string HostRefusal(std::string_view host) {
  const std::optional<base::HostPattern> pattern = base::HostPattern::Parse(host);
  std::string text = base::Concat("Host \"", host, "\" is not one that is answered for here");
  if (pattern)
    text += base::Concat(": to allow it, add ", pattern->ToString(), " to --allowed_hosts");
  return text;
}

}  // namespace ssegw::http
