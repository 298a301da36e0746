#include "internal/net/transport/tcp_progress.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <optional>

#include "internal/net/transport/tcp_info.h"

namespace ssegw::net {

TcpProgress::Peer TcpProgress::Check(int fd, base::TimePoint now, base::Duration timeout) {
  const std::optional<TcpInfo> info = ReadTcpInfo(fd);
  if (!info) return CheckUnix(fd, now, timeout);
  const auto acked_bytes = static_cast<uint32_t>(info->acked_bytes);
  const bool outstanding = info->unacked_packets > 0 || info->unsent_bytes > 0;
  if (acked_bytes != acked_bytes_ || !outstanding) {
    acked_bytes_ = acked_bytes;
    at_ = now;
    return Peer::kTakes;
  }
  if (now - at_ < timeout) return Peer::kTakes;
  // One that is stuck has acknowledged all that its window took, and answers the kernel's probes.
  const bool silent = info->unacked_packets > 0 && info->since_last_ack >= timeout;
  return silent ? Peer::kVanished : Peer::kStuck;
}

TcpProgress::Peer TcpProgress::CheckUnix(int fd, base::TimePoint now, base::Duration timeout) {
  int unread = 0;
  if (::ioctl(fd, SIOCOUTQ, &unread) != 0) return Peer::kTakes;
  const auto unread_bytes = static_cast<uint32_t>(unread);
  // More is what was written meanwhile, and no sign of the peer's.
  if (unread_bytes == 0 || unread_bytes < acked_bytes_) at_ = now;
  acked_bytes_ = unread_bytes;
  return now - at_ < timeout ? Peer::kTakes : Peer::kStuck;
}

}  // namespace ssegw::net
