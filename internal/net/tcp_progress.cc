#include "internal/net/tcp_progress.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace ssegw::net {

TcpProgress::Peer TcpProgress::Look(int fd, base::TimePoint now, base::Duration timeout) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return LookAtUnix(fd, now, timeout);
  const auto acked_bytes = static_cast<uint32_t>(info.tcpi_bytes_acked);
  const bool outstanding = info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0;
  if (acked_bytes != acked_bytes_ || !outstanding) {
    acked_bytes_ = acked_bytes;
    at_ = now;
    return Peer::kTakes;
  }
  if (now - at_ < timeout) return Peer::kTakes;
  // One that is stuck has acknowledged all that its window took, and answers the kernel's probes.
  const std::chrono::milliseconds silence(info.tcpi_last_ack_recv);
  return info.tcpi_unacked == 0 || silence < timeout ? Peer::kStuck : Peer::kVanished;
}

TcpProgress::Peer TcpProgress::LookAtUnix(int fd, base::TimePoint now, base::Duration timeout) {
  int unread = 0;
  if (::ioctl(fd, SIOCOUTQ, &unread) != 0) return Peer::kTakes;
  const auto unread_bytes = static_cast<uint32_t>(unread);
  // More is what was written meanwhile, and no sign of the peer's.
  if (unread_bytes == 0 || unread_bytes < acked_bytes_) at_ = now;
  acked_bytes_ = unread_bytes;
  return now - at_ < timeout ? Peer::kTakes : Peer::kStuck;
}

}  // namespace ssegw::net
