#include "gateway/ingest/event_validator.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "gateway/ingest/error_text.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/sse/event_type.h"
#include "internal/transcode/json_text.h"
#include "internal/window/filter.h"
#include "ssegateway/v1/dashboard.pb.h"

namespace ssegw::ingest {
namespace {

constexpr std::string_view kDashboardTopicPrefix = "dashboards.";

// google/protobuf/duration.proto: some 10,000 years.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int32_t kMaxNanos = 999'999'999;
// A ttl from here on never runs out; below it, a moment plus a ttl fits 64 bits of nanoseconds.
constexpr std::chrono::seconds kForEver = std::chrono::hours(24 * 365 * 100);

absl::Status CheckTopic(std::string_view topic) {
  absl::Status status = window::ValidateTopic(topic);
  if (status.ok() || topic.empty()) return status;
  return absl::InvalidArgumentError(base::Concat(MessageOf(status), ": ", Quoted(topic)));
}

absl::Status CheckNoControlCharacter(const char* name, std::string_view value) {
  if (!base::HasControlCharacter(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::Concat(name, " has a control character (U+0000-001F, U+007F): ", Quoted(value)));
}

// name: "key", or "dashboard.id" where the key comes from there.
absl::Status CheckKey(const char* name, std::string_view key) {
  if (key.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(base::Concat(name, " ", key.size(), " bytes exceeds ",
                                                   kMaxKeyBytes, " of a key: ", Quoted(key)));
  }
  return CheckNoControlCharacter(name, key);
}

std::string ToText(WireDuration ttl) {
  return base::Concat("{seconds: ", ttl.seconds, ", nanos: ", ttl.nanos, "}");
}

absl::Status CheckTtl(WireDuration ttl) {
  const bool in_range = ttl.seconds >= -kMaxDurationSeconds && ttl.seconds <= kMaxDurationSeconds &&
                        ttl.nanos >= -kMaxNanos && ttl.nanos <= kMaxNanos;
  const bool signs_differ =
      (ttl.seconds > 0 && ttl.nanos < 0) || (ttl.seconds < 0 && ttl.nanos > 0);
  if (!in_range || signs_differ) {
    return absl::InvalidArgumentError(
        base::Concat("ttl ", ToText(ttl), " is not a valid Duration: at most ", kMaxDurationSeconds,
                     " seconds and ", kMaxNanos, " nanos, of one sign"));
  }
  if (ttl.seconds < 0 || ttl.nanos < 0) {
    return absl::InvalidArgumentError(base::Concat("ttl ", ToText(ttl), " is negative"));
  }
  return absl::OkStatus();
}

// When an event with this ttl, which has passed CheckTtl, loses its place in the snapshot.
base::TimePoint ExpiresAt(base::TimePoint received_at, WireDuration ttl,
                          base::Duration default_ttl) {
  if (ttl.seconds == 0 && ttl.nanos == 0) {
    return default_ttl == base::Duration::zero() ? base::TimePoint::max()
                                                 : received_at + default_ttl;
  }
  if (std::chrono::seconds(ttl.seconds) >= kForEver) return base::TimePoint::max();
  return received_at + std::chrono::seconds(ttl.seconds) + std::chrono::nanoseconds(ttl.nanos);
}

}  // namespace

EventValidator::EventValidator(const transcode::Transcoder& transcoder, size_t max_event_bytes,
                               IngestStats& stats, base::Duration default_ttl)
    : transcoder_(transcoder),
      max_event_bytes_(max_event_bytes),
      stats_(stats),
      default_ttl_(default_ttl) {}

absl::Status EventValidator::Check(std::string_view wire, const base::Moment& received,
                                   CheckedEvent& checked) const {
  absl::Status status = CheckFields(wire, received, checked);
  if (!status.ok() || checked.content_.deleted) return status;
  const base::TimePoint begin = base::Now();
  status = Transcode(checked);
  stats_.transcode.Observe(static_cast<uint64_t>((base::Now() - begin).count()));
  return status;
}

absl::Status EventValidator::CheckUnobserved(std::string_view wire, const base::Moment& received,
                                             CheckedEvent& checked) const {
  absl::Status status = CheckFields(wire, received, checked);
  if (!status.ok() || checked.content_.deleted) return status;
  return Transcode(checked);
}

absl::Status EventValidator::CheckFields(std::string_view wire, const base::Moment& received,
                                         CheckedEvent& checked) const {
  if (wire.size() > max_event_bytes_) {
    return absl::InvalidArgumentError(
        base::Concat("event ", wire.size(), " bytes exceeds max_event_bytes ", max_event_bytes_));
  }
  if (absl::Status status = ParseEvent(wire, &checked.parsed_); !status.ok()) return status;
  const ParsedEvent& event = checked.parsed_;

  if (event.payload_kind == PayloadKind::kNone) {
    return absl::InvalidArgumentError(
        "payload is missing: one of dashboard, message, json or deleted: true");
  }
  sse::FrameContent& content = checked.content_;
  content.topic = event.topic;
  content.key = event.key;
  const char* key_name = "key";
  if (event.payload_kind == PayloadKind::kDashboard) {
    const absl::StatusOr<std::string_view> id = ParseDashboardId(event.payload.view());
    if (!id.ok()) return id.status();
    if (content.topic.empty() && id->empty()) {
      return absl::InvalidArgumentError("topic is empty, and dashboard.id too");
    }
    if (content.topic.empty()) {
      checked.default_topic_ = base::Concat(kDashboardTopicPrefix, window::TopicToken(*id));
      content.topic = checked.default_topic_;
    }
    if (content.key.empty()) {
      content.key = *id;
      key_name = "dashboard.id";
    }
  }
  // The key before the topic: a dashboard id that is too long is the fault of both, and the key's
  // error is the one that names the id.
  if (absl::Status status = CheckKey(key_name, content.key); !status.ok()) return status;
  if (absl::Status status = CheckTopic(content.topic); !status.ok()) return status;
  if (absl::Status status = sse::ValidateEventType(event.type); !status.ok()) return status;
  if (absl::Status status = CheckTtl(event.ttl); !status.ok()) return status;

  content.received_at = received.steady;
  content.received_wall = received.wall;
  // A deletion has no ttl: what is gone already has no place in the snapshot to lose. And no type:
  // a deletion's is gateway.deleted.
  content.deleted = event.payload_kind == PayloadKind::kDeleted;
  if (content.deleted) return absl::OkStatus();
  content.type = event.type;
  content.expires_at = ExpiresAt(received.steady, event.ttl, default_ttl_);
  return absl::OkStatus();
}

absl::Status EventValidator::Transcode(CheckedEvent& checked) const {
  const ParsedEvent& event = checked.parsed_;
  const std::string_view payload = event.payload.view();
  transcode::UnknownFieldRef unknown;
  absl::Status status;
  std::string_view& json = checked.content_.json;
  const char* field = "json";
  if (event.payload_kind == PayloadKind::kJson) {
    status = transcode::JsonLine(payload, &checked.json_, &json);
  } else if (event.payload_kind == PayloadKind::kDashboard) {
    field = "dashboard";
    status = transcoder_.ToJson(ssegateway::v1::Dashboard::descriptor()->full_name(), payload,
                                &checked.json_, &unknown);
  } else {
    field = "message";
    status = transcoder_.AnyToJson(payload, &checked.json_, &unknown);
  }
  if (!status.ok()) return {status.code(), base::Concat(field, ": ", MessageOf(status))};
  if (event.payload_kind != PayloadKind::kJson) json = checked.json_;
  if (unknown.number != 0) {
    stats_.unknown_fields.Add();
    unknown_log_.Log(
        log::Level::kWarn, "event has an unknown field",
        {{"type", unknown.type}, {"number", unknown.number}, {"topic", checked.content_.topic}});
  }
  if (json.size() > store::kMaxJsonBytes) {
    return absl::InvalidArgumentError(base::Concat(
        "event takes ", json.size(), " bytes as JSON, exceeds ", store::kMaxJsonBytes));
  }
  return absl::OkStatus();
}

}  // namespace ssegw::ingest
