#ifndef SSEGW_INTERNAL_BASE_PORT_H_
#define SSEGW_INTERNAL_BASE_PORT_H_

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace ssegw::base {

// 0 to 65535; nullopt if text is not one.
inline std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_PORT_H_
