#include "gateway/config/config.h"

#include "internal/base/concat.h"

namespace ssegw::config {

std::string Address::ToString() const {
  if (host.find(':') != std::string::npos) return base::Concat('[', host, "]:", port);
  return base::Concat(host, ':', port);
}

}  // namespace ssegw::config
