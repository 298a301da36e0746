#ifndef SSEGW_GATEWAY_INGEST_ERROR_TEXT_H_
#define SSEGW_GATEWAY_INGEST_ERROR_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/base/text.h"

namespace ssegw::ingest {

// A status travels in HTTP/2 trailers, which clients refuse over 8 KiB, and every byte outside
// printable ASCII takes three there (gRPC's PROTOCOL-HTTP2.md, Status-Message).
inline constexpr size_t kMaxErrorBytes = 1024;

using base::Quoted;

// Debian's abseil has a string_view of its own.
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// Fit to be sent: valid UTF-8 (other bytes become "?"), at most kMaxErrorBytes.
std::string SendableError(std::string_view message);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_ERROR_TEXT_H_
