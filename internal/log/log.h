#ifndef SSEGW_INTERNAL_LOG_LOG_H_
#define SSEGW_INTERNAL_LOG_LOG_H_

#include <atomic>
#include <span>
#include <string_view>

#include "internal/log/field.h"
#include "internal/log/render.h"

// Structured log lines to stderr:
//
//   log::Info("listening", {{"http", address}, {"port", 8080}});
//   ts=2026-01-02T03:04:05.678Z level=info msg=listening http=0.0.0.0 port=8080
//
// The message says what happened and is always the same for that; what differs is in the fields. A
// line that a peer can trigger goes through a RateLimited (rate_limited.h).
//
// Thread: any, also for the level and the format.
// Cost:   a load and a compare if the level is off; otherwise one string and one write(2).
namespace ssegw::log {

namespace internal {
inline std::atomic<Level> level = Level::kInfo;
inline std::atomic<Format> format = Format::kLogfmt;
}  // namespace internal

// Lines below this level are not written. Info at start.
inline void SetLevel(Level level) { internal::level.store(level, std::memory_order_relaxed); }
inline Level GetLevel() { return internal::level.load(std::memory_order_relaxed); }
inline bool Enabled(Level level) { return level >= GetLevel(); }

// Logfmt at start.
inline void SetFormat(Format format) { internal::format.store(format, std::memory_order_relaxed); }
inline Format GetFormat() { return internal::format.load(std::memory_order_relaxed); }

void Log(Level level, std::string_view message, std::span<const Field> fields);
inline void Log(Level level, std::string_view message, Fields fields = {}) {
  Log(level, message, std::span<const Field>(fields.begin(), fields.size()));
}

inline void Info(std::string_view message, Fields fields = {}) {
  Log(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, Fields fields = {}) {
  Log(Level::kWarn, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Log(Level::kError, message, fields);
}

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_LOG_H_
