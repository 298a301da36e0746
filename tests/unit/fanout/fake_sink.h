#ifndef SSEGW_TESTS_UNIT_FANOUT_FAKE_SINK_H_
#define SSEGW_TESTS_UNIT_FANOUT_FAKE_SINK_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/control.h"

namespace ssegw::fanout {

// Moves as much of pieces to text as there is room for, and returns how much that is.
inline ssize_t TakeAsRoomAllows(std::span<const iovec> pieces, size_t& room, std::string& text) {
  size_t taken = 0;
  for (const iovec& piece : pieces) {
    const size_t n = std::min(piece.iov_len, room - taken);
    text.append(static_cast<const char*>(piece.iov_base), n);
    taken += n;
  }
  room -= taken;
  return static_cast<ssize_t>(taken);
}

// A socket that takes as many bytes as it has room for, and then none, until there is more room; or
// whose peer is gone.
class FakeSink final : public ByteSink {
 public:
  ssize_t Write(std::span<const iovec> pieces) override {
    ++writes;
    pieces_of_last_write = pieces.size();
    if (meanwhile) meanwhile();
    if (gone) return -1;
    return TakeAsRoomAllows(pieces, room, text);
  }
  void OnNext(Next next) override { wanted = next; }

  // What the subscription wants to be done, and not yet done.
  Next wanted = Next::kWait;
  size_t room = std::numeric_limits<size_t>::max();
  bool gone = false;
  // What others do during the write.
  std::function<void()> meanwhile;
  size_t writes = 0;
  size_t pieces_of_last_write = 0;
  std::string text;
};

constexpr std::chrono::milliseconds kRetryOfTest{2000};

struct ParsedEvent {
  uint64_t seq = 0;  // 0: no id
  std::string type;
  std::string data;
};

// What a connection that presents no id begins with, as bare text. id: of gateway.hello.
inline std::string Greeting(std::string_view id = "") {
  return sse::Cut("") + sse::Hello({.connection = "c", .retry = kRetryOfTest, .id = id});
}

// The events of bare SSE text, as a browser dispatches them; what is not ended by a blank line is
// left out. Comments and retry are passed over, and so is what each stream begins with:
// gateway.cut, gateway.hello, gateway.live.
inline std::vector<ParsedEvent> ParseEvents(std::string_view text) {
  std::vector<ParsedEvent> events;
  ParsedEvent event;
  bool has_data = false;
  for (size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    const std::string_view line = text.substr(0, end);
    if (line.empty()) {
      const bool greets = event.type == "gateway.cut" || event.type == "gateway.hello" ||
                          event.type == "gateway.live";
      if (has_data && !greets) events.push_back(event);
      event = {};
      has_data = false;
    } else if (line.starts_with("id: ")) {
      event.seq = std::stoull(std::string(line.substr(line.rfind('-') + 1)));
    } else if (line.starts_with("event: ")) {
      event.type = line.substr(7);
    } else if (line.starts_with("data: ")) {
      event.data = line.substr(6);
      has_data = true;
    }
  }
  return events;
}

// A connection of a test that reads bare text.
struct Client {
  FakeSink sink;
  std::unique_ptr<Subscription> subscription;

  // The events since the last call: data and seq, or without an id type and data.
  std::vector<std::string> NewEvents() {
    std::vector<std::string> events;
    for (const ParsedEvent& event : ParseEvents(std::exchange(sink.text, ""))) {
      events.push_back(event.seq > 0 ? base::Concat(event.data, "@", event.seq)
                                     : base::Concat(event.type, event.data));
    }
    return events;
  }
};

// Its value after "missed": of a gateway.reset.
inline std::optional<uint64_t> Missed(const ParsedEvent& reset) {
  const size_t at = reset.data.find("\"missed\":") + 9;
  if (reset.data.compare(at, 4, "null") == 0) return std::nullopt;
  return std::stoull(reset.data.substr(at));
}

}  // namespace ssegw::fanout

#endif  // SSEGW_TESTS_UNIT_FANOUT_FAKE_SINK_H_
