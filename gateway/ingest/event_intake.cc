#include "gateway/ingest/event_intake.h"

#include <utility>
#include <vector>

#include "gateway/ingest/error_text.h"

namespace ssegw::ingest {
namespace {

// Frames that are made before they are appended: what a few events become may be large.
constexpr size_t kMaxBytesAtOnce = size_t{1} << 20;

}  // namespace

EventIntake::EventIntake(const EventValidator& validator, store::Store& store, IngestStats& stats)
    : validator_(validator), store_(store), prompt_(store.prompt()), stats_(stats) {}

Taken EventIntake::Take(const absl::Status& parse, const ParsedRequest& request,
                        const base::Moment& received, const Source& source,
                        store::AppendDone done) {
  const std::string_view wire = request.event.view();
  stats_.event_bytes.Add(wire.size());
  Taken taken;
  absl::StatusOr<store::ValidEvent> event = Check(parse, request, received, source.publisher);
  if (event.ok()) {
    event->lane = source.lane;
    taken.bytes = event->frame->memory_bytes();
    const sse::Frame* const frame = event->frame.get();
    // When a later answer comes, the request is gone: only the frame tells whose event it was.
    const auto make_done = [&]() -> store::AppendDone {
      waiting_.fetch_add(1);
      return [this, source, shared = sse::FramePtr::Share(frame),
              done = std::move(done)](store::AppendResult result) mutable {
        OnResult(result, {.topic = shared->topic(), .type_url = {}, .message_id = {}}, source);
        std::move(done)(std::move(result));
        waiting_.fetch_sub(1);
      };
    };
    taken.result = store_.Append(*std::move(event), make_done);
  } else {
    taken.result = event.status();
  }
  if (taken.result)
    OnResult(*taken.result, taken.result->ok() ? EventNames() : NamesOf(wire), source);
  return taken;
}

absl::StatusOr<store::ValidEvent> EventIntake::Check(const absl::Status& parse,
                                                     const ParsedRequest& request,
                                                     const base::Moment& received,
                                                     const Publisher* publisher) const {
  if (refusing()) return DrainingError();
  if (!parse.ok()) return parse;
  if (!request.event.present()) return absl::InvalidArgumentError("event is missing");
  CheckedEvent checked;
  absl::Status status = validator_.Check(request.event.view(), received, checked);
  if (status.ok() && publisher != nullptr) status = publisher->check(checked.content().topic);
  if (!status.ok()) return status;
  return checked.MakeValid();
}

store::PlacedEvents EventIntake::TakeAll(std::span<const std::string_view> wires,
                                         const base::Moment& received, const Source& source) {
  store::PlacedEvents answers{.events = std::vector<store::Placed>(wires.size())};
  std::vector<store::ValidEvent> valid;
  valid.reserve(wires.size());
  size_t first = 0;  // of those that have no answer
  size_t bytes = 0;
  const auto append = [&](size_t end) {
    store::PlacedEvents placed = prompt_->AppendAll(valid);
    answers.epoch = std::move(placed.epoch);
    auto next = placed.events.begin();
    for (; first < end; ++first) {
      if (answers.events[first].status.ok()) answers.events[first] = std::move(*next++);
    }
    valid.clear();
    bytes = 0;
  };
  size_t wire_bytes = 0;
  base::TimePoint begin = base::Now();
  base::Duration checking{0};
  size_t transcoded = 0;
  CheckedEvent checked;
  for (size_t i = 0; i < wires.size(); ++i, checked.Reset()) {
    wire_bytes += wires[i].size();
    absl::Status status =
        refusing() ? DrainingError() : validator_.CheckUnobserved(wires[i], received, checked);
    if (!checked.content().json.empty()) ++transcoded;
    if (status.ok() && source.publisher != nullptr) {
      status = source.publisher->check(checked.content().topic);
    }
    if (status.ok()) {
      valid.push_back(checked.MakeValid());
      bytes += valid.back().frame->memory_bytes();
    } else {
      answers.events[i].status = std::move(status);
    }
    if (bytes < kMaxBytesAtOnce && i + 1 < wires.size()) continue;
    const base::TimePoint checked_at = base::Now();
    checking += checked_at - begin;
    append(i + 1);
    begin = base::Now();
  }
  if (transcoded > 0) {
    stats_.transcode.Observe(static_cast<uint64_t>(checking.count()) / transcoded, transcoded);
  }
  stats_.event_bytes.Add(wire_bytes);
  CountAll(answers.events, wires, source);
  return answers;
}

void EventIntake::CountAll(std::span<const store::Placed> answers,
                           std::span<const std::string_view> wires, const Source& source) {
  size_t appended = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    const store::Placed& answer = answers[i];
    if (answer.status.ok() && !answer.duplicate) {
      ++appended;
      continue;
    }
    Count(answer.status.code(), answer.duplicate);
    if (!answer.status.ok()) OnRefused(answer.status, NamesOf(wires[i]), source);
  }
  stats_.ok.Add(appended);
}

void EventIntake::OnResult(const store::AppendResult& result, const EventNames& names,
                           const Source& source) {
  Count(result.status().code(), result.ok() && result->duplicate);
  if (!result.ok()) OnRefused(result.status(), names, source);
}

void EventIntake::OnRefused(const absl::Status& status, const EventNames& names,
                            const Source& source) {
  // That a drain refuses events is no news.
  if (refusing()) return;
  refused_log_.Log(log::Level::kWarn, "event refused",
                   {{"code", absl::StatusCodeToString(status.code())},
                    {"error", SendableError(MessageOf(status))},
                    {"peer", source.peer},
                    {"subject", source.publisher == nullptr ? "" : source.publisher->subject},
                    {"topic", names.topic},
                    {"type_url", names.type_url},
                    {"message_id", names.message_id}});
}

void EventIntake::Count(absl::StatusCode code, bool duplicate) {
  switch (code) {
    case absl::StatusCode::kOk:
      (duplicate ? stats_.duplicate : stats_.ok).Add();
      break;
    case absl::StatusCode::kInvalidArgument:
      stats_.invalid.Add();
      break;
    case absl::StatusCode::kPermissionDenied:
      stats_.forbidden.Add();
      break;
    case absl::StatusCode::kResourceExhausted:
      stats_.exhausted.Add();
      break;
    default:
      stats_.unavailable.Add();
      break;
  }
}

absl::Status DrainingError() {
  return absl::UnavailableError("the gateway drains: publish to another one");
}

}  // namespace ssegw::ingest
