#include "internal/net/http2/http2_streams.h"

#include <algorithm>
#include <utility>

namespace ssegw::net {
namespace {

CloseReason ReasonOf(uint32_t error) {
  const bool graceful = error == static_cast<uint32_t>(Http2Error::kNoError) ||
                        error == static_cast<uint32_t>(Http2Error::kCancel);
  return graceful ? CloseReason::kPeerClosed : CloseReason::kPeerReset;
}

}  // namespace

void Http2Streams::LetGo(const std::vector<Http2Closed>& closed) {
  for (const Http2Closed& one : closed) {
    auto* const stream = static_cast<Http2Stream*>(one.stream);
    stream->OnGone(ReasonOf(one.error), left_behind_);
    Remove(*stream);
  }
}

void Http2Streams::LoseAll(CloseReason reason) {
  while (!streams_.all().empty()) {
    const std::shared_ptr<Http2Stream> stream = streams_.all().back();
    Remove(*stream);
    stream->OnGone(reason, left_behind_);
  }
}

void Http2Streams::OnWindows(base::TimePoint now) {
  for (const auto& stream : streams_.all()) stream->OnCredit(0, now);
}

void Http2Streams::EndAll() {
  for (const auto& stream : streams_.all()) stream->EndNow();
}

void Http2Streams::EndLongestHold() {
  const auto& all = streams_.all();
  const auto longest = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a->held_since() < b->held_since();
  });
  if (longest == all.end() || (*longest)->held_since() == base::TimePoint::max()) return;
  (*longest)->EndHold();
}

bool Http2Streams::SaveFromStarving(base::Duration since, sse::ByeReason reason,
                                    base::TimePoint now) {
  const auto& all = streams_.all();
  uint64_t uncredited = 0;
  for (const auto& stream : all) uncredited += stream->uncredited();
  const auto keeps = [&](const auto& stream) {
    return stream->kept_since() != base::TimePoint::max() && now - stream->kept_since() >= since &&
           stream->uncredited() * all.size() >= uncredited;
  };
  if (std::none_of(all.begin(), all.end(), keeps) || std::all_of(all.begin(), all.end(), keeps)) {
    return false;
  }
  for (const auto& stream : all) {
    if (!keeps(stream)) stream->Leave(reason, now);
  }
  return true;
}

bool Http2Streams::carry_connections() const {
  const auto& all = streams_.all();
  return std::any_of(all.begin(), all.end(),
                     [](const auto& stream) { return stream->carries_connection(); });
}

size_t Http2Streams::memory_bytes() const {
  size_t bytes = 0;
  for (const auto& stream : streams_.all()) bytes += stream->memory_bytes();
  return bytes;
}

}  // namespace ssegw::net
