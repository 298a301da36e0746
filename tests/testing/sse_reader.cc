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

bool SseReader::Fill(base::TimePoint deadline) {
  if (ended_) return false;
  const std::string bytes = connection_.ReadSome(deadline - base::Now());
  if (bytes.empty()) {
    ended_ = true;
    ended_well_ = parser_.at_boundary() && !socket().was_reset() &&
                  (chunked_ ? decoder_.ended() : !head_.Find("Content-Length"));
    return false;
  }
  for (SseBlock& block : parser_.Parse(chunked_ ? decoder_.Decode(bytes) : bytes)) {
    const bool was_over = greeting_.is_over();
    greeting_.Take(block);
    if (!was_over && greeting_.hello()) {
      const std::string id = head_.Get("X-Connection-Id");
      if (greeting_.hello()->connection != id) {
        throw Failure(base::Concat("connection ", id, " is greeted as another: ", block.text));
      }
    }
    CheckOrder(block);
    blocks_.push_back(std::move(block));
  }
  return true;
}

std::optional<SseBlock> SseReader::Next(base::Duration patience) {
  const base::TimePoint deadline = base::Now() + patience;
  while (blocks_.empty()) {
    if (!Fill(deadline)) return std::nullopt;
  }
  SseBlock block = std::move(blocks_.front());
  blocks_.pop_front();
  if (block.event == "gateway.heartbeat" || (block.is_comment() && given_out_ > 0)) ++heartbeats_;
  ++given_out_;
  return block;
}

bool SseReader::IsAdmitted() {
  const base::TimePoint deadline = base::Now() + kPatience;
  while (!greeting_.is_over()) {
    if (!Fill(deadline)) throw Failure("the stream ended before it was greeted");
  }
  return greeting_.hello().has_value();
}

const SseHello& SseReader::Hello() {
  if (!IsAdmitted()) throw Failure("turned away");
  return *greeting_.hello();
}

void SseReader::AwaitLive() {
  const base::TimePoint deadline = base::Now() + kPatience;
  while (!greeting_.is_live()) {
    if (!Fill(deadline)) throw Failure("the stream ended before gateway.live");
  }
}

void SseReader::CheckOrder(const SseBlock& block) {
  if (block.event == "gateway.reset") last_seq_ = 0;
  // That of gateway.cut is not yet known to be of this log.
  if (!block.id || block.event == "gateway.cut") return;
  const uint64_t seq = block.seq();
  // That of gateway.hello is of an event that is not sent, and may be 0.
  if (block.event != "gateway.hello" && seq <= last_seq_) {
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
    if (!SseGreeting::IsOfFrame(*block)) return *std::move(block);
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
    if (!SseGreeting::IsOfFrame(*block)) events.push_back(*std::move(block));
  }
  return events;
}

std::vector<std::string> IdsOf(const std::vector<SseBlock>& events) {
  std::vector<std::string> ids;
  for (const SseBlock& event : events) ids.push_back(event.id.value_or(""));
  return ids;
}

}  // namespace ssegw::testing
