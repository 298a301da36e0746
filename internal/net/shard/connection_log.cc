#include "internal/net/shard/connection_log.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/enum_array.h"
#include "internal/log/log.h"
#include "internal/log/rate_limited.h"

namespace ssegw::net {
namespace {

constexpr size_t kMaxTextBytes = 128;
// Statuses with which requests are refused, from 400 on; the last for any other.
constexpr int kFirstStatus = 400;
constexpr size_t kStatuses = 33;

struct Sampled : log::RateLimited {
  constexpr Sampled() : RateLimited(std::chrono::seconds(1), kLogLinesPerSecond) {}
};

struct Lines {
  Sampled opened;
  base::EnumArray<CloseReason, Sampled> closed;
  base::EnumArray<ShedReason, Sampled> shed;
  std::array<Sampled, kStatuses> refused;
  Sampled handshake_failed;
};
constinit Lines lines;

size_t IndexOf(int status) {
  const auto index = static_cast<size_t>(std::max(status - kFirstStatus, 0));
  return std::min(index, kStatuses - 1);
}

std::string Short(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return std::string(text);
  return base::Concat(text.substr(0, kMaxTextBytes), "…");
}

// To the millisecond, as a number of seconds.
double Seconds(base::Duration duration) {
  return std::round(base::ToSeconds(duration) * 1000) / 1000;
}

// What a connection may have or not.
void AddOptional(std::vector<log::Field>& fields, const ConnectionFields& connection) {
  if (!connection.identity.empty()) fields.push_back({"identity", connection.identity});
  if (!connection.request.empty()) fields.push_back({"request", connection.request});
}

}  // namespace

void LogOpened(const ConnectionFields& connection, std::string_view last_event_id) {
  if (!log::Enabled(log::Level::kDebug)) return;
  const std::string topics = Short(connection.topics);
  const std::string id = Short(last_event_id);
  std::vector<log::Field> fields = {{"connection", connection.id},
                                    {"address", connection.address},
                                    {"topics", topics},
                                    {"mode", connection.mode}};
  if (!id.empty()) fields.push_back({"last_event_id", id});
  AddOptional(fields, connection);
  lines.opened.Log(log::Level::kDebug, "connection opened", std::span<const log::Field>(fields));
}

void LogClosed(const ConnectionFields& connection, CloseReason reason,
               const ConnectionTotals& totals) {
  if (!log::Enabled(log::Level::kInfo)) return;
  const std::string topics = Short(connection.topics);
  std::vector<log::Field> fields = {{"connection", connection.id},
                                    {"reason", ToString(reason)},
                                    {"duration", Seconds(totals.duration)},
                                    {"frames", totals.frames},
                                    {"bytes", totals.bytes},
                                    {"lag_events", totals.lag_events},
                                    {"lag", Seconds(totals.lag)},
                                    {"address", connection.address},
                                    {"topics", topics},
                                    {"mode", connection.mode}};
  AddOptional(fields, connection);
  lines.closed[reason].Log(log::Level::kInfo, "connection closed",
                           std::span<const log::Field>(fields));
}

void LogShed(const ConnectionFields& connection, ShedReason reason,
             std::chrono::milliseconds retry) {
  std::vector<log::Field> fields = {{"connection", connection.id},
                                    {"reason", ToString(reason)},
                                    {"retry", Seconds(retry)},
                                    {"address", connection.address}};
  AddOptional(fields, connection);
  lines.shed[reason].Log(log::Level::kWarn, "connection shed", std::span<const log::Field>(fields));
}

void LogRefused(const RefusalFields& refusal) {
  const std::string error = Short(refusal.error);
  const std::string method = Short(refusal.method);
  const std::string path = Short(refusal.path);
  const std::string identity = Short(refusal.identity);
  std::vector<log::Field> fields = {{"request", refusal.request},
                                    {"status", refusal.status},
                                    {"error", error},
                                    {"address", refusal.address}};
  if (!method.empty()) fields.push_back({"method", method});
  if (!path.empty()) fields.push_back({"path", path});
  if (!identity.empty()) fields.push_back({"identity", identity});
  lines.refused[IndexOf(refusal.status)].Log(log::Level::kInfo, "request refused",
                                             std::span<const log::Field>(fields));
}

void LogHandshakeFailed(std::string_view address, std::string_view reason) {
  lines.handshake_failed.Log(log::Level::kInfo, "tls handshake failed",
                             {{"reason", reason}, {"address", address}});
}

void LogSuppressed(base::TimePoint now) {
  const auto tell = [now](Sampled& sampled, log::Level level, std::string_view of,
                          log::Value reason) {
    const uint64_t suppressed = sampled.TakeSuppressed(now);
    if (suppressed == 0) return;
    log::Log(level, "lines suppressed",
             {{"of", of}, {"reason", reason}, {"suppressed", suppressed}});
  };
  tell(lines.opened, log::Level::kDebug, "connection opened", "opened");
  for (const CloseReason reason : base::AllOf<CloseReason>()) {
    tell(lines.closed[reason], log::Level::kInfo, "connection closed", ToString(reason));
  }
  for (const ShedReason reason : base::AllOf<ShedReason>()) {
    tell(lines.shed[reason], log::Level::kWarn, "connection shed", ToString(reason));
  }
  for (size_t i = 0; i < kStatuses; ++i) {
    const std::string status =
        i + 1 < kStatuses ? std::to_string(kFirstStatus + static_cast<int>(i)) : "other";
    tell(lines.refused[i], log::Level::kInfo, "request refused", status);
  }
  tell(lines.handshake_failed, log::Level::kInfo, "tls handshake failed", "any");
}

}  // namespace ssegw::net
