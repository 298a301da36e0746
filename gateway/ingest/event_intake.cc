#include "gateway/ingest/event_intake.h"

#include <utility>

#include "gateway/ingest/error_text.h"

namespace ssegw::ingest {

EventIntake::EventIntake(const EventValidator& validator, store::Store& store, IngestStats& stats)
    : validator_(validator), store_(store), stats_(stats) {}

Taken EventIntake::Take(const absl::Status& parse, const ParsedRequest& request,
                        const base::Moment& received, const Source& source,
                        store::AppendDone done) {
  const std::string_view wire = request.event.view();
  stats_.event_bytes.Add(wire.size());
  Taken taken;
  absl::StatusOr<store::ValidEvent> event = Check(parse, request, received, source.publisher);
  if (event.ok()) {
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

void EventIntake::OnResult(const store::AppendResult& result, const EventNames& names,
                           const Source& source) {
  Count(result);
  // That a drain refuses events is no news.
  if (result.ok() || refusing()) return;
  refused_log_.Log(log::Level::kWarn, "event refused",
                   {{"code", absl::StatusCodeToString(result.status().code())},
                    {"error", SendableError(MessageOf(result.status()))},
                    {"peer", source.peer},
                    {"subject", source.publisher == nullptr ? "" : source.publisher->subject},
                    {"topic", names.topic},
                    {"type_url", names.type_url},
                    {"message_id", names.message_id}});
}

void EventIntake::Count(const store::AppendResult& result) {
  switch (result.status().code()) {
    case absl::StatusCode::kOk:
      (result->duplicate ? stats_.duplicate : stats_.ok).Add();
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
