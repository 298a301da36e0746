#include "internal/net/admission.h"

#include <algorithm>

namespace ssegw::net {

std::optional<ShedReason> Admission::Admit(std::string_view address, base::TimePoint now) {
  base::MutexLock lock(mutex_);
  if (connections_ >= limits_.max_connections) return ShedReason::kMaxConnections;
  if (counts_addresses()) {
    const auto it = by_address_.find(address);
    if (it != by_address_.end() && it->second >= limits_.max_connections_per_ip) {
      return ShedReason::kMaxConnectionsPerIp;
    }
  }
  if (limits_.connect_rate > 0) {
    const double burst = std::max(limits_.connect_rate, 1.0);
    const double tokens =
        tokens_
            ? std::min(burst, *tokens_ + base::ToSeconds(now - refilled_at_) * limits_.connect_rate)
            : burst;
    tokens_ = tokens;
    refilled_at_ = now;
    if (tokens < 1) return ShedReason::kConnectRate;
    tokens_ = tokens - 1;
  }
  ++connections_;
  if (counts_addresses()) ++by_address_[address];
  return std::nullopt;
}

void Admission::Release(std::string_view address) {
  base::MutexLock lock(mutex_);
  --connections_;
  if (!counts_addresses()) return;
  const auto it = by_address_.find(address);
  if (--it->second == 0) by_address_.erase(it);
}

}  // namespace ssegw::net
