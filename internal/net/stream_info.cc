#include "internal/net/stream_info.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>

namespace ssegw::net {

std::optional<LinkInfo> LinkOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  int unacknowledged = 0;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      ::ioctl(fd, SIOCOUTQ, &unacknowledged) != 0) {
    return std::nullopt;
  }
  const double busy_seconds = static_cast<double>(info.tcpi_busy_time) / 1e6;
  const auto acknowledged = static_cast<double>(info.tcpi_bytes_acked);
  return LinkInfo{.unacknowledged_bytes = static_cast<uint64_t>(unacknowledged),
                  .bytes_per_second = busy_seconds > 0 ? acknowledged / busy_seconds : 0,
                  .round_trip = std::chrono::microseconds(info.tcpi_rtt)};
}

bool StreamRank::SlowerThan(const StreamRank& other) const {
  if (lag.age != other.lag.age) return lag.age > other.lag.age;
  if (lag.events != other.lag.events) return lag.events > other.lag.events;
  if (stalled != other.stalled) return stalled > other.stalled;
  return age > other.age;
}

}  // namespace ssegw::net
