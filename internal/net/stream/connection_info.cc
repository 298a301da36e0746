#include "internal/net/stream/connection_info.h"

namespace ssegw::net {

bool ConnectionRank::SlowerThan(const ConnectionRank& other) const {
  if (lag.age != other.lag.age) return lag.age > other.lag.age;
  if (lag.events != other.lag.events) return lag.events > other.lag.events;
  if (stalled != other.stalled) return stalled > other.stalled;
  return age > other.age;
}

}  // namespace ssegw::net
