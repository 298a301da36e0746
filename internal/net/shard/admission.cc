#include "internal/net/shard/admission.h"

#include <algorithm>

namespace ssegw::net {

std::variant<Admission::Ticket, ShedReason> Admission::Admit(const Arrival& arrival,
                                                             base::TimePoint now) {
  base::MutexLock lock(mutex_);
  while (!claims_.empty() && claims_.top() <= now) claims_.pop();
  const std::optional<ShedReason> refusal = Refusal(arrival, now);
  if (refusal) {
    // A place kept for it would not help against the limit of its address.
    if (arrival.resuming && *refusal != ShedReason::kMaxConnectionsPerIp &&
        claims_.size() < kMaxClaims) {
      claims_.push(now + arrival.hold + arrival.retry * 3 / 2 + std::chrono::seconds(1));
    }
    return *refusal;
  }
  if (arrival.resuming && !claims_.empty()) claims_.pop();
  if (tokens_) *tokens_ -= 1;
  ++connections_;
  auto& entry = *by_address_.try_emplace(arrival.address).first;
  ++entry.second;
  return Ticket(*this, entry);
}

std::optional<ShedReason> Admission::Refusal(const Arrival& arrival, base::TimePoint now) {
  if (pressure_ == Pressure::kShedAll || (pressure_ == Pressure::kShedCold && !arrival.resuming)) {
    return ShedReason::kMemory;
  }
  const size_t claimed = arrival.resuming ? 0 : claims_.size();
  if (connections_ + claimed >= limits_.max_connections) return ShedReason::kMaxConnections;
  if (limits_.max_connections_per_ip > 0) {
    const auto it = by_address_.find(arrival.address);
    if (it != by_address_.end() && it->second >= limits_.max_connections_per_ip) {
      return ShedReason::kMaxConnectionsPerIp;
    }
  }
  if (limits_.connect_rate > 0) {
    const double burst = std::max(limits_.connect_rate, 1.0);
    tokens_ =
        tokens_
            ? std::min(burst, *tokens_ + base::ToSeconds(now - refilled_at_) * limits_.connect_rate)
            : burst;
    refilled_at_ = now;
    if (*tokens_ < 1 + static_cast<double>(claimed)) return ShedReason::kConnectRate;
  }
  return std::nullopt;
}

void Admission::Release(ByAddress::value_type& entry) {
  base::MutexLock lock(mutex_);
  --connections_;
  if (--entry.second > 0) return;
  by_address_.erase(by_address_.find(entry.first));
  base::ShrinkIfSparse(by_address_);
}

void Admission::SetLimits(AdmissionLimits limits) {
  base::MutexLock lock(mutex_);
  // What is left of one rate's second is nothing of another's.
  if (limits.connect_rate != limits_.connect_rate) tokens_.reset();
  limits_ = limits;
}

size_t Admission::max_connections() const {
  base::MutexLock lock(mutex_);
  return limits_.max_connections;
}

void Admission::SetPressure(Pressure pressure) {
  base::MutexLock lock(mutex_);
  pressure_ = pressure;
}

}  // namespace ssegw::net
