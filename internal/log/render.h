#ifndef SSEGW_INTERNAL_LOG_RENDER_H_
#define SSEGW_INTERNAL_LOG_RENDER_H_

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "internal/log/field.h"

namespace ssegw::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kLogfmt, kJson };

// "debug", "info", "warn" or "error".
std::string_view LevelName(Level level);

// One line, its line end included: ts (UTC, milliseconds), level, msg, then the fields in order.
// A double that is not finite is a string in JSON, which has no number for it.
std::string RenderLine(Format format, std::chrono::system_clock::time_point at, Level level,
                       std::string_view message, std::span<const Field> fields);

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_RENDER_H_
