#include "internal/base/endpoint.h"

#include "internal/base/concat.h"

namespace ssegw::base {

std::string Endpoint::ToString() const {
  if (is_unix()) return Concat("unix:", path);
  if (host.find(':') != std::string::npos) return Concat('[', host, "]:", port);
  return Concat(host, ':', port);
}

}  // namespace ssegw::base
