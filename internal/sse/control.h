#ifndef SSEGW_INTERNAL_SSE_CONTROL_H_
#define SSEGW_INTERNAL_SSE_CONTROL_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "internal/base/time.h"

namespace ssegw::sse {

// What the gateway itself says on a stream: bare SSE text (HTML section 9.2.5). It consists of
// whole events, each with data, and of comments; the only blank line is the one that ends an event.

enum class ResetReason { kUnknownId, kOtherEpoch, kExpired, kLast = kExpired };
enum class ByeReason { kDrain, kMaxAge, kAuthExpired, kClosed, kBusy };

// As in the data of gateway.reset and gateway.bye, and as metric labels.
std::string_view ToString(ResetReason reason);
std::string_view ToString(ByeReason reason);

// The first bytes of every stream: a comment, and the event gateway.cut, which no page listens to.
//
// If a connection is reset in the middle of an event, WebKitGTK 2.50 keeps what it has of the
// event, even half a line, and appends the next stream's bytes to it. The comment ends such a half
// line without harm, and gateway.cut takes the half event's data under its own name. Its id
// replaces the half event's id.
//
// presented_id: the request's last event id; it is left out if it has not the form of an id.
// keeps_half_events: the browser does as above, and then gets an empty id instead. Without an id it
// would take the half event's, present that after a second cut, and never get the event.
std::string Cut(std::string_view presented_id, bool keeps_half_events = false);

struct HelloContent {
  // The connection's id, for the page: an EventSource shows it no header.
  std::string_view connection = {};
  // nullopt if no id was presented.
  std::optional<bool> resumed = {};
  std::chrono::milliseconds retry{0};
  // Where a client resumes until an event with an id has come; empty if there is no such place.
  // Firefox and WebKit drop an id that comes without data.
  std::string_view id = {};
};

// Comes after Cut: the first event that a page may listen to.
std::string Hello(const HelloContent& content);

// Everything that was there when the stream began has been sent.
inline constexpr std::string_view kLive = "event: gateway.live\ndata: {}\n\n";

// The log cannot be reached since then, so what the stream brings may be out of date.
std::string Stale(base::WallTime since);
// The log is there again.
inline constexpr std::string_view kFresh = "event: gateway.fresh\ndata: {}\n\n";

// missed: how many events the connection did not get; nullopt if that is not known.
std::string Reset(ResetReason reason, std::optional<uint64_t> missed);

std::string Bye(ByeReason reason, std::chrono::milliseconds retry);

// An event of others that is in no log: without an id. type: see ValidateEventType. Each line of
// text, which CRLF, CR or LF ends, has a data line of its own.
std::string Event(std::string_view type, std::string_view text);

// A comment without a blank line after it: fetch-event-source and extended-eventsource make an
// empty message of every blank line that ends no event.
inline constexpr std::string_view kHeartbeatComment = ":\n";
inline constexpr std::string_view kHeartbeatEvent = "event: gateway.heartbeat\ndata: {}\n\n";

// The text as one HTTP/1.1 chunk (RFC 9112 section 7.1). It must not be empty.
std::string AsChunk(std::string_view text);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_CONTROL_H_
