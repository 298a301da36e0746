#include "gateway/connections/lifecycle_log.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/status/status.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {
namespace {

// A token is "<replica>.<number>.<milliseconds>"; the name has no dot.
constexpr char kDot = '.';

struct Token {
  std::string_view replica;
  uint64_t number;
  int64_t told_at;
};

template <typename T>
bool ParseWhole(std::string_view text, T& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size() && text[0] != '-';
}

std::optional<Token> ParseToken(std::string_view text) {
  const size_t first = text.find(kDot);
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  const size_t second = text.find(kDot, first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Token token{.replica = text.substr(0, first), .number = 0, .told_at = 0};
  const std::string_view number = text.substr(first + 1, second - first - 1);
  const std::string_view told_at = text.substr(second + 1);
  if (number.empty() || told_at.empty()) return std::nullopt;
  if (!ParseWhole(number, token.number) || !ParseWhole(told_at, token.told_at)) return std::nullopt;
  return token;
}

base::WallTime ToWallTime(int64_t milliseconds) {
  return base::WallTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace

LifecycleLog::LifecycleLog(std::string replica, Limits limits, OthersLag others_lag, WallClock wall)
    : replica_(std::move(replica)),
      limits_(limits),
      others_lag_(others_lag),
      wall_(std::move(wall)) {}

int64_t LifecycleLog::Now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall_().time_since_epoch()).count();
}

void LifecycleLog::Begin() {
  const base::MutexLock lock(mutex_);
  if (!began_at_) began_at_ = Now();
}

void LifecycleLog::Append(std::string event) {
  decltype(waiters_) waiters;
  {
    const base::MutexLock lock(mutex_);
    bytes_ += event.size() + kBytesPerEvent;
    events_.push_back({.bytes = std::move(event), .told_at = Now()});
    ++next_;
    while (events_.size() > 1 && (events_.size() > limits_.events || bytes_ > limits_.bytes)) {
      bytes_ -= events_.front().bytes.size() + kBytesPerEvent;
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

std::string LifecycleLog::TokenOf(uint64_t number, int64_t told_at) const {
  return base::Concat(replica_, kDot, number, kDot, told_at);
}

absl::StatusOr<uint64_t> LifecycleLog::After(std::string_view text) const {
  const auto malformed = [] { return absl::InvalidArgumentError("token is none of this service"); };
  const std::optional<Token> token = ParseToken(text);
  if (!token) return malformed();
  if (token->replica != replica_) return AfterTime(token->told_at);
  if (token->number >= next()) return malformed();
  return token->number + 1;
}

absl::StatusOr<uint64_t> LifecycleLog::AfterTime(int64_t told_at) const {
  const auto unknown = [] {
    return absl::OutOfRangeError("the token is of another gateway, or of an earlier start");
  };
  if (!others_lag_) return unknown();
  const int64_t from =
      told_at - std::chrono::duration_cast<std::chrono::milliseconds>(*others_lag_).count();
  const base::MutexLock lock(mutex_);
  const uint64_t first = next_ - events_.size();
  if (!began_at_ || from < *began_at_) return unknown();
  // The clock may be set; the order of the events stays.
  const auto at = std::find_if(events_.begin(), events_.end(),
                               [&](const Event& event) { return event.told_at >= from; });
  if (first > 1 && at == events_.begin()) return unknown();
  return first + static_cast<uint64_t>(at - events_.begin());
}

absl::StatusOr<std::optional<std::string>> LifecycleLog::Read(uint64_t number) const {
  const base::MutexLock lock(mutex_);
  if (number >= next_) return std::nullopt;
  const uint64_t first = next_ - events_.size();
  if (number < first) {
    return absl::OutOfRangeError(base::Concat(first - number, " events were missed: no more than ",
                                              events_.size(), " are kept"));
  }
  const Event& event = events_[number - first];
  ssegateway::v1::WatchConnectionsResponse token;
  token.set_token(TokenOf(number, event.told_at));
  // A message is its fields in any order (protobuf, encoding).
  return token.SerializeAsString() + event.bytes;
}

std::optional<base::WallTime> LifecycleLog::since() const {
  const base::MutexLock lock(mutex_);
  if (!began_at_) return std::nullopt;
  const bool has_dropped = next_ - events_.size() > 1;
  return ToWallTime(has_dropped ? events_.front().told_at : *began_at_);
}

std::optional<uint64_t> LifecycleLog::LookBack(uint64_t before, size_t max,
                                               absl::FunctionRef<bool(const Kept&)> visit) const {
  const base::MutexLock lock(mutex_);
  const uint64_t first = next_ - events_.size();
  uint64_t number = std::min(before, next_);
  while (max-- > 0 && number > first) {
    const Event& event = events_[--number - first];
    if (!visit({.number = number, .bytes = event.bytes, .told_at = ToWallTime(event.told_at)})) {
      break;
    }
  }
  if (number <= first) return std::nullopt;
  return number;
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
