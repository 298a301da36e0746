#ifndef SSEGW_INTERNAL_SSE_CONTROL_H_
#define SSEGW_INTERNAL_SSE_CONTROL_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::sse {

// What the gateway itself says on a stream: bare SSE text (HTML section 9.2.5). Whole events, each
// with data, and comments; so no blank line but the one that ends an event. AsChunk makes it one
// HTTP/1.1 chunk.

enum class ResetReason { kUnknownId, kOtherEpoch, kExpired, kLast = kExpired };
enum class ByeReason { kDrain, kMaxAge, kAuthExpired, kClosed, kBusy };

// As in the data of gateway.reset and gateway.bye, and as metric labels.
std::string_view ToString(ResetReason reason);
std::string_view ToString(ByeReason reason);

// The first bytes of every stream: a comment, and gateway.cut, which nobody listens to.
//
// WebKitGTK 2.50 keeps what it has of an event when a reset cuts it off, half a line included, and
// puts the next stream's bytes behind it. The comment ends such a half line without a meaning, and
// the event takes up the half event's data under a name of its own. Its id undoes the half event's.
//
// presented_id: what the request had as its last event id; without the form of an id it is left
// out. keeps_half_events: the browser does so, and gets an empty id in its place. Otherwise it
// would take the half event's id, present that one after a second cut, and never get the event.
std::string Cut(std::string_view presented_id, bool keeps_half_events = false);

struct HelloContent {
  // The connection's id: an EventSource shows no header to its page.
  std::string_view connection = {};
  // nullopt: no id was presented.
  std::optional<bool> resumed = {};
  std::chrono::milliseconds retry{0};
  // Where to resume from before an event with an id has come; empty: there is no such place.
  // Firefox and WebKit drop an id that comes without data.
  std::string_view id = {};
};

// The first event that a page may care for, after Cut.
std::string Hello(const HelloContent& content);

// What was there when the stream began has been sent.
inline constexpr std::string_view kLive = "event: gateway.live\ndata: {}\n\n";

// missed: nullopt where the connection had been away.
std::string Reset(ResetReason reason, std::optional<uint64_t> missed);

std::string Bye(ByeReason reason, std::chrono::milliseconds retry);

// A comment without a blank line behind it: fetch-event-source and extended-eventsource make an
// empty message of every blank line that ends no event.
inline constexpr std::string_view kHeartbeatComment = ":\n";
inline constexpr std::string_view kHeartbeatEvent = "event: gateway.heartbeat\ndata: {}\n\n";

std::string AsChunk(std::string_view text);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_CONTROL_H_
