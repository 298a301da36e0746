#include "internal/net/transport/tcp_info.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>

namespace ssegw::net {

std::optional<TcpInfo> ReadTcpInfo(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return TcpInfo{.acked_bytes = info.tcpi_bytes_acked,
                 .unacked_packets = info.tcpi_unacked,
                 .unsent_bytes = info.tcpi_notsent_bytes,
                 .busy = std::chrono::microseconds(info.tcpi_busy_time),
                 .round_trip = std::chrono::microseconds(info.tcpi_rtt),
                 .min_round_trip = std::chrono::microseconds(info.tcpi_min_rtt),
                 .since_last_ack = std::chrono::milliseconds(info.tcpi_last_ack_recv)};
}

std::optional<LinkInfo> LinkOf(int fd) {
  const std::optional<TcpInfo> info = ReadTcpInfo(fd);
  int unacknowledged = 0;
  if (!info || ::ioctl(fd, SIOCOUTQ, &unacknowledged) != 0) return std::nullopt;
  const double busy_seconds = base::ToSeconds(info->busy);
  const auto acknowledged = static_cast<double>(info->acked_bytes);
  return LinkInfo{.unacknowledged_bytes = static_cast<uint64_t>(unacknowledged),
                  .bytes_per_second = busy_seconds > 0 ? acknowledged / busy_seconds : 0,
                  .round_trip = info->round_trip};
}

}  // namespace ssegw::net
