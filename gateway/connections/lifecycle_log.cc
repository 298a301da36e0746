#include "gateway/connections/lifecycle_log.h"

#include <charconv>
#include <utility>

#include "absl/status/status.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {
namespace {

// Between the replica's name, which has no dot, and the number.
constexpr char kDot = '.';

}  // namespace

void LifecycleLog::Append(std::string event) {
  decltype(waiters_) waiters;
  {
    const base::MutexLock lock(mutex_);
    bytes_ += event.size() + kBytesPerEvent;
    events_.push_back(std::move(event));
    ++next_;
    while (events_.size() > 1 && (events_.size() > limits_.events || bytes_ > limits_.bytes)) {
      bytes_ -= events_.front().size() + kBytesPerEvent;
      events_.pop_front();
    }
    waiters.swap(waiters_);
  }
  for (const auto& [waiter, wake] : waiters) wake();
}

uint64_t LifecycleLog::next() const {
  const base::MutexLock lock(mutex_);
  return next_;
}

std::string LifecycleLog::TokenOf(uint64_t number) const {
  return base::Concat(replica_, kDot, number);
}

absl::StatusOr<uint64_t> LifecycleLog::After(std::string_view token) const {
  const size_t dot = token.rfind(kDot);
  const auto malformed = [] { return absl::InvalidArgumentError("token is none of this service"); };
  if (dot == std::string_view::npos || dot == 0) return malformed();
  uint64_t number = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data() + dot + 1, end, number);
  if (error != std::errc() || stop != end) return malformed();
  if (token.substr(0, dot) != replica_) {
    return absl::OutOfRangeError("the token is of another gateway, or of an earlier start");
  }
  if (number >= next()) return malformed();
  return number + 1;
}

absl::StatusOr<std::optional<std::string>> LifecycleLog::Read(uint64_t number) const {
  ssegateway::v1::WatchConnectionsResponse token;
  token.set_token(TokenOf(number));
  std::string response = token.SerializeAsString();
  const base::MutexLock lock(mutex_);
  if (number >= next_) return std::nullopt;
  const uint64_t first = next_ - events_.size();
  if (number < first) {
    return absl::OutOfRangeError(base::Concat(first - number, " events were missed: no more than ",
                                              events_.size(), " are kept"));
  }
  // A message is its fields in any order (protobuf, encoding).
  response += events_[number - first];
  return response;
}

uint64_t LifecycleLog::WakeAt(uint64_t number, std::function<void()> wake) {
  {
    const base::MutexLock lock(mutex_);
    if (number >= next_) {
      waiters_[++last_waiter_] = std::move(wake);
      return last_waiter_;
    }
  }
  wake();
  return 0;
}

void LifecycleLog::Forget(uint64_t waiter) {
  const base::MutexLock lock(mutex_);
  waiters_.erase(waiter);
}

size_t LifecycleLog::memory_bytes() const {
  const base::MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace ssegw::connections
