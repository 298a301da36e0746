#include "internal/net/transport/lingering.h"

#include <algorithm>
#include <chrono>

namespace ssegw::net {
namespace {

constexpr base::Duration kLingerTime = std::chrono::seconds(2);
// A peer that takes nothing of what it was sent for so long is given up.
constexpr base::Duration kLingerStall = std::chrono::seconds(10);
// Between two checks of whether a peer has taken its answer.
constexpr base::Duration kTakenInterval = std::chrono::milliseconds(200);
// A body, or whatever else is behind a request that is refused, is thrown away for as long and as
// far as this: many clients write the whole of it before they read the answer, and a reset would
// take that from them. The kernel drops the bytes without a copy, so that a flood of them costs
// little more than to receive it.
constexpr base::Duration kDiscardTime = std::chrono::seconds(5);
constexpr uint32_t kMaxDiscardedBodyBytes = 64 * 1024 * 1024;

}  // namespace

std::optional<CloseReason> Lingering::Start(Input input) {
  if (!transport_.EndOutput()) return CloseReason::kPeerReset;
  input_ = input;
  shard_.waiting().AddIdle(*this);
  const base::TimePoint now = base::Now();
  deadline_ = now + kLingerTime;
  if (input == Input::kRequestBody) {
    deadline_ = std::max(deadline_, std::min(now + kDiscardTime, shard_.drained_at()));
  }
  transport_.BeginProgress(now);
  lingers_until_ = now + shard_.options().write_stall_timeout;
  shard_.loop().Schedule(*this, deadline_);
  return std::nullopt;
}

std::optional<CloseReason> Lingering::OnReadable() {
  return transport_.Discard(shard_.scratch(), input_ == Input::kRequestBody
                                                  ? kMaxDiscardedBodyBytes
                                                  : Transport::kMaxUnwantedBytes);
}

std::optional<CloseReason> Lingering::OnDeadline() {
  const base::TimePoint now = base::Now();
  if (now >= deadline_) {
    if (!LingersOn(now)) return CloseReason::kPeerClosed;
    deadline_ = now + kTakenInterval;
  }
  shard_.loop().Schedule(*this, deadline_);
  return std::nullopt;
}

bool Lingering::LingersOn(base::TimePoint now) {
  if (now >= std::min(lingers_until_, shard_.drained_at())) return false;
  return transport_.HasUntaken() &&
         transport_.CheckProgress(now, kLingerStall) == TcpProgress::Peer::kTakes;
}

}  // namespace ssegw::net
