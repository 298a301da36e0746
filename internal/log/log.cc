#include "internal/log/log.h"

#include <chrono>

#include "internal/log/sink.h"

namespace ssegw::log {

void Log(Level level, std::string_view message, std::span<const Field> fields) {
  if (!Enabled(level)) return;
  WriteLine(RenderLine(GetFormat(), std::chrono::system_clock::now(), level, message, fields));
}

}  // namespace ssegw::log
