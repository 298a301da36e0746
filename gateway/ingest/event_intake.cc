#include "gateway/ingest/event_intake.h"

#include "gateway/ingest/error_text.h"

namespace ssegw::ingest {

EventIntake::EventIntake(const EventValidator* validator, store::MemoryStore* store,
                         IngestStats* stats)
    : validator_(validator), store_(store), stats_(stats) {}

absl::StatusOr<store::Appended> EventIntake::Take(const absl::Status& parse,
                                                  const ParsedRequest& request,
                                                  const base::Moment& received,
                                                  std::string_view peer) {
  stats_->event_bytes.Add(request.event.view().size());
  absl::StatusOr<store::Appended> result = Append(parse, request, received);
  Count(result);
  // That a drain refuses events is no news.
  if (!result.ok() && !refusing()) {
    LogRefused(result.status(), request.event.view(), peer);
  }
  return result;
}

void EventIntake::LogRefused(const absl::Status& status, std::string_view wire,
                             std::string_view peer) {
  const EventNames names = NamesOf(wire);
  refused_log_.Log(log::Level::kWarn, "event refused",
                   {{"code", absl::StatusCodeToString(status.code())},
                    {"error", SendableError(MessageOf(status))},
                    {"peer", peer},
                    {"topic", names.topic},
                    {"type_url", names.type_url},
                    {"message_id", names.message_id}});
}

void EventIntake::Count(const absl::StatusOr<store::Appended>& result) {
  switch (result.status().code()) {
    case absl::StatusCode::kOk:
      (result->duplicate ? stats_->duplicate : stats_->ok).Add();
      break;
    case absl::StatusCode::kInvalidArgument:
      stats_->invalid.Add();
      break;
    case absl::StatusCode::kResourceExhausted:
      stats_->exhausted.Add();
      break;
    default:
      stats_->unavailable.Add();
      break;
  }
}

absl::StatusOr<store::Appended> EventIntake::Append(const absl::Status& parse,
                                                    const ParsedRequest& request,
                                                    const base::Moment& received) {
  if (refusing()) return DrainingError();
  if (!parse.ok()) return parse;
  if (!request.event.present()) return absl::InvalidArgumentError("event is missing");
  CheckedEvent checked;
  absl::Status status = validator_->Check(request.event.view(), received, &checked);
  if (!status.ok()) return status;
  return store_->Append(checked.valid());
}

absl::Status DrainingError() {
  return absl::UnavailableError("the gateway drains: publish to another one");
}

}  // namespace ssegw::ingest
