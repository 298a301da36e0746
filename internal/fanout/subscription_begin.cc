// How a subscription begins: its greeting, and where its cursor stands.
#include <optional>
#include <string>
#include <string_view>

#include "internal/fanout/subscription.h"
#include "internal/sse/event_id.h"

namespace ssegw::fanout {

void Subscription::Begin(const SubscriptionRequest& request, const Greeting& greeting) {
  SetState(State::kBehind);
  const window::Window& window = host().window();
  const window::Position now = window.position();
  began_at_ = now.seq;
  // Where a client resumes that reconnects before the first event; empty if it begins again.
  std::string first_id;
  std::optional<bool> resumed;
  std::optional<sse::ResetReason> reset;
  if (!request.last_event_id.empty()) {
    reset = Resume(request.last_event_id);
    resumed = !reset;
    if (*resumed) first_id = request.last_event_id;
  } else if (request.start == Start::kSnapshot) {
    BeginSnapshot(now.seq);
  } else if (request.start == Start::kLive) {
    cursor_ = now.seq;
    MarkGroup(cursor_);
    first_id = sse::FormatEventId(now.epoch, cursor_);
  } else {
    cursor_ = window.earliest_cursor();
    reads_every_ = true;
  }
  std::string first = sse::Cut(request.last_event_id, request.keeps_half_events);
  first += sse::Hello({.connection = greeting.connection_id,
                       .resumed = resumed,
                       .retry = greeting.retry,
                       .id = first_id});
  AddText(first);
  AddFreshness();
  if (reset) Reset(*reset, std::nullopt, window.head());
}

std::optional<sse::ResetReason> Subscription::Resume(std::string_view last_event_id) {
  const window::Window& window = host().window();
  const std::optional<sse::EventId> id = sse::ParseEventId(last_event_id);
  std::optional<sse::ResetReason> reason;
  auto outcome = ResumeOutcome::kReset;
  const window::Position now = window.position();
  if (id && id->epoch != now.epoch) {
    reason = sse::ResetReason::kOtherEpoch;
  } else if (!id || id->seq > now.seq) {
    reason = sse::ResetReason::kUnknownId;
  } else {
    switch (window.ResumeFrom(group_.filters, read_mode(), id->seq)) {
      case window::Window::Resume::kNothingMissed:
        outcome = ResumeOutcome::kLive;
        break;
      case window::Window::Resume::kReplay:
        outcome = ResumeOutcome::kReplayed;
        break;
      case window::Window::Resume::kExpired:
        reason = sse::ResetReason::kExpired;
        break;
    }
  }
  stats().resumes[outcome].Add();
  if (!reason) cursor_ = id->seq;
  return reason;
}

}  // namespace ssegw::fanout
