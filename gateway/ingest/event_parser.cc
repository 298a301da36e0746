#include "gateway/ingest/event_parser.h"

#include "gateway/ingest/field_reader.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::Dashboard;
using ssegateway::v1::Event;
using ssegateway::v1::PublishBatchRequest;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishStreamRequest;
using transcode::WireType;
using DurationProto = google::protobuf::Duration;

absl::Status Malformed(std::string_view what, const FieldReader& reader) {
  return absl::InvalidArgumentError(base::Concat(what, " is malformed: ", reader.Fault()));
}

// Every occurrence is held to UTF-8, also one that a later one replaces: as protobuf does it.
absl::Status TakeString(const WireField& field, const char* name, std::string_view* out) {
  if (!base::IsValidUtf8(field.bytes)) {
    return absl::InvalidArgumentError(base::Concat(name, " is not valid UTF-8"));
  }
  *out = field.bytes;
  return absl::OkStatus();
}

absl::Status ParseDuration(std::string_view wire, WireDuration* duration) {
  FieldReader reader(wire);
  WireField field;
  while (reader.Next(&field)) {
    if (field.Is(DurationProto::kSecondsFieldNumber, WireType::kVarint)) {
      duration->seconds = static_cast<int64_t>(field.varint);
    } else if (field.Is(DurationProto::kNanosFieldNumber, WireType::kVarint)) {
      duration->nanos = static_cast<int32_t>(static_cast<uint32_t>(field.varint));
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("ttl", reader);
}

// Another member of the oneof, or the same one once more, takes the place of what was set. Nobody
// will look at a text that is replaced, so its UTF-8 is checked here.
absl::Status DropPayload(ParsedEvent* event) {
  absl::Status status;
  if (event->payload_kind == PayloadKind::kJson) {
    std::string_view text;
    status = TakeString({.bytes = event->payload.view()}, "json", &text);
  }
  event->payload.Clear();
  return status;
}

// A member of the oneof: what another member had set is gone, but a message met again is merged.
absl::Status TakePayload(PayloadKind kind, std::string_view wire, ParsedEvent* event) {
  absl::Status status;
  const bool is_first = event->payload_kind == PayloadKind::kNone;
  if (!is_first && (event->payload_kind != kind || kind == PayloadKind::kJson)) {
    status = DropPayload(event);
  }
  event->payload_kind = kind;
  event->payload.Add(wire);
  return status;
}

absl::Status TakeBytesField(const WireField& field, ParsedEvent* event, MergedBytes* ttl) {
  switch (field.number) {
    case Event::kTopicFieldNumber:
      return TakeString(field, "topic", &event->topic);
    case Event::kKeyFieldNumber:
      return TakeString(field, "key", &event->key);
    case Event::kTypeFieldNumber:
      return TakeString(field, "type", &event->type);
    case Event::kMessageIdFieldNumber:
      return TakeString(field, "message_id", &event->message_id);
    case Event::kDashboardFieldNumber:
      return TakePayload(PayloadKind::kDashboard, field.bytes, event);
    case Event::kMessageFieldNumber:
      return TakePayload(PayloadKind::kMessage, field.bytes, event);
    case Event::kJsonFieldNumber:
      return TakePayload(PayloadKind::kJson, field.bytes, event);
    case Event::kTtlFieldNumber:
      ttl->Add(field.bytes);
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status ParseRequest(std::string_view wire, int request_id_field, int event_field,
                          ParsedRequest* request) {
  FieldReader reader(wire);
  WireField field;
  while (reader.Next(&field)) {
    if (field.Is(event_field, WireType::kLengthDelimited)) {
      request->event.Add(field.bytes);
    } else if (field.Is(request_id_field, WireType::kVarint)) {
      request->request_id = field.varint;
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("request", reader);
}

}  // namespace

absl::Status ParseEvent(std::string_view wire, ParsedEvent* event) {
  MergedBytes ttl;
  FieldReader reader(wire);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type == WireType::kLengthDelimited) {
      if (absl::Status status = TakeBytesField(field, event, &ttl); !status.ok()) return status;
    } else if (field.Is(Event::kDeletedFieldNumber, WireType::kVarint)) {
      if (absl::Status status = DropPayload(event); !status.ok()) return status;
      event->payload_kind = field.varint != 0 ? PayloadKind::kDeleted : PayloadKind::kNone;
    }
  }
  if (!reader.ok()) return Malformed("event", reader);
  return ttl.present() ? ParseDuration(ttl.view(), &event->ttl) : absl::OkStatus();
}

absl::Status ParsePublishRequest(std::string_view wire, ParsedRequest* request) {
  static constexpr int kNoRequestId = 0;
  return ParseRequest(wire, kNoRequestId, PublishRequest::kEventFieldNumber, request);
}

absl::Status ParsePublishStreamRequest(std::string_view wire, ParsedRequest* request) {
  return ParseRequest(wire, PublishStreamRequest::kRequestIdFieldNumber,
                      PublishStreamRequest::kEventFieldNumber, request);
}

absl::Status ParsePublishBatchRequest(std::string_view wire, ParsedBatch* batch) {
  FieldReader reader(wire);
  WireField field;
  while (reader.Next(&field)) {
    if (field.Is(PublishBatchRequest::kEventsFieldNumber, WireType::kLengthDelimited)) {
      ++batch->events;
    } else if (field.Is(PublishBatchRequest::kRequestIdFieldNumber, WireType::kVarint)) {
      batch->request_id = field.varint;
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("request", reader);
}

bool EventsOfBatch::Next(std::string_view* event) {
  WireField field;
  while (reader_.Next(&field)) {
    if (!field.Is(PublishBatchRequest::kEventsFieldNumber, WireType::kLengthDelimited)) continue;
    *event = field.bytes;
    return true;
  }
  return false;
}

EventNames NamesOf(std::string_view wire) {
  EventNames names;
  FieldReader reader(wire);
  WireField field;
  while (reader.Next(&field)) {
    if (field.Is(Event::kTopicFieldNumber, WireType::kLengthDelimited)) {
      names.topic = field.bytes;
    } else if (field.Is(Event::kMessageIdFieldNumber, WireType::kLengthDelimited)) {
      names.message_id = field.bytes;
    } else if (field.Is(Event::kMessageFieldNumber, WireType::kLengthDelimited)) {
      FieldReader any(field.bytes);
      WireField of_any;
      while (any.Next(&of_any)) {
        if (of_any.Is(google::protobuf::Any::kTypeUrlFieldNumber, WireType::kLengthDelimited)) {
          names.type_url = of_any.bytes;
        }
      }
    }
  }
  return names;
}

absl::StatusOr<std::string_view> ParseDashboardId(std::string_view wire) {
  std::string_view id;
  FieldReader reader(wire);
  WireField field;
  while (reader.Next(&field)) {
    if (!field.Is(Dashboard::kIdFieldNumber, WireType::kLengthDelimited)) continue;
    if (absl::Status status = TakeString(field, "dashboard.id", &id); !status.ok()) return status;
  }
  if (!reader.ok()) return Malformed("dashboard", reader);
  return id;
}

}  // namespace ssegw::ingest
