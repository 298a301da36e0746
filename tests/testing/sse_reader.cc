#include "tests/testing/sse_reader.h"

#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {

SseReader::SseReader(const std::string& address, const SseOptions& options)
    : connection_(address, options.tcp) {
  const std::string target =
      options.query.empty() ? options.path : base::Concat(options.path, "?", options.query);
  connection_.Send(
      RequestText("GET", target, options.fields, options.http_1_0 ? "HTTP/1.0" : "HTTP/1.1"));
  head_ = connection_.ReadHead();
  chunked_ = head_.Get("Transfer-Encoding") == "chunked";
  if (head_.status != 200) {
    throw Failure(
        base::Concat(target, " is answered with ", head_.status, ": ", connection_.ReadSome()));
  }
}

std::optional<SseBlock> SseReader::Next(base::Duration patience) {
  const base::TimePoint deadline = base::Now() + patience;
  while (blocks_.empty()) {
    if (ended_) return std::nullopt;
    const std::string bytes = connection_.ReadSome(deadline - base::Now());
    if (bytes.empty()) {
      ended_ = true;
      ended_well_ = parser_.at_boundary() && !socket().was_reset() &&
                    (chunked_ ? decoder_.ended() : !head_.Find("Content-Length"));
      continue;
    }
    for (SseBlock& block : parser_.Parse(chunked_ ? decoder_.Decode(bytes) : bytes)) {
      CheckOrder(block);
      blocks_.push_back(std::move(block));
    }
  }
  SseBlock block = std::move(blocks_.front());
  blocks_.pop_front();
  if (!block.id && !block.retry && !block.data) ++heartbeats_;
  return block;
}

void SseReader::CheckOrder(const SseBlock& block) {
  if (block.event == "gateway.reset") last_seq_ = 0;
  if (!block.id) return;
  const uint64_t seq = block.seq();
  // The id of the first block is that of an event that is not sent.
  if (block.data && seq <= last_seq_) {
    throw Failure(base::Concat("the seq does not increase: ", seq, " after ", last_seq_));
  }
  last_seq_ = seq;
}

SseBlock SseReader::Event() {
  // Heartbeats do not extend it.
  const base::TimePoint deadline = base::Now() + kPatience;
  for (;;) {
    std::optional<SseBlock> block = Next(deadline - base::Now());
    if (!block) throw Failure("the stream ended where an event was expected");
    if (block->data) return *std::move(block);
  }
}

std::vector<SseBlock> SseReader::Events(size_t count) {
  std::vector<SseBlock> events;
  while (events.size() < count) events.push_back(Event());
  return events;
}

std::vector<SseBlock> SseReader::EventsThrough(std::string_view id) {
  std::vector<SseBlock> events;
  do {
    events.push_back(Event());
  } while (events.back().id != id);
  return events;
}

std::vector<SseBlock> SseReader::EventsToEnd() {
  std::vector<SseBlock> events;
  while (std::optional<SseBlock> block = Next()) {
    if (block->data) events.push_back(*std::move(block));
  }
  return events;
}

std::vector<std::string> IdsOf(const std::vector<SseBlock>& events) {
  std::vector<std::string> ids;
  for (const SseBlock& event : events) ids.push_back(event.id.value_or(""));
  return ids;
}

}  // namespace ssegw::testing
