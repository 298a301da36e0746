#ifndef SSEGW_INTERNAL_FANOUT_MESSAGE_H_
#define SSEGW_INTERNAL_FANOUT_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "internal/base/time.h"

namespace ssegw::fanout {

// What becomes of a message. All but kQueued are an end.
enum class MessageFate : uint8_t {
  kQueued,     // it is the connection's, and waits
  kDelivered,  // the sink has taken all of it
  kExpired,    // its deadline passed before the sink took any of it
  kGone,       // the connection ended before the sink took all of it
  kNotFound,   // there is no such connection, or it is ending
  kFull,       // too much waits already
  kLast = kFull,
};

inline std::string_view ToString(MessageFate fate) {
  switch (fate) {
    case MessageFate::kQueued:
      return "queued";
    case MessageFate::kDelivered:
      return "delivered";
    case MessageFate::kExpired:
      return "expired";
    case MessageFate::kGone:
      return "gone";
    case MessageFate::kNotFound:
      return "not_found";
    case MessageFate::kFull:
      return "full";
  }
  return "";
}

// What is sent to one connection alone.
struct Message {
  // What is said with kQueued already, and not again.
  enum class Tell : uint8_t { kEnd, kQueued };

  // Bare SSE text, one whole event.
  std::string text;
  base::TimePoint deadline = base::TimePoint::max();
  Tell tell = Tell::kEnd;
  // Called once, on the shard's thread; must not block.
  absl::AnyInvocable<void(MessageFate) &&> done = nullptr;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_MESSAGE_H_
