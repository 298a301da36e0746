#ifndef SSEGW_INTERNAL_SSE_CONTROL_H_
#define SSEGW_INTERNAL_SSE_CONTROL_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::sse {

// What the gateway itself says on a stream. All return bare SSE text (HTML section 9.2.5) that ends
// with a blank line or, for comments, a line end; AsChunk makes it one HTTP/1.1 chunk.

enum class ResetReason { kUnknownId, kOtherEpoch, kExpired };
enum class ByeReason { kDrain, kMaxAge, kAuthExpired, kClosed, kBusy };

// As in the data of gateway.reset and gateway.bye, and as metric labels.
std::string_view ToString(ResetReason reason);
std::string_view ToString(ByeReason reason);

// The first bytes of every stream: the reconnection time and a comment, so that proxies and
// browsers see the stream open. id, where not empty, becomes the browser's last event id without an
// event: for a stream that begins with nothing to send.
std::string Preamble(std::chrono::milliseconds retry, std::string_view id);

// missed: nullopt where the connection had been away.
std::string Reset(ResetReason reason, std::optional<uint64_t> missed);

std::string Bye(ByeReason reason, std::chrono::milliseconds retry);

inline constexpr std::string_view kHeartbeat = ":\n\n";

std::string AsChunk(std::string_view text);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_CONTROL_H_
