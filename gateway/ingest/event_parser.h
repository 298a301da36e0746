#ifndef SSEGW_GATEWAY_INGEST_EVENT_PARSER_H_
#define SSEGW_GATEWAY_INGEST_EVENT_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/ingest/field_reader.h"
#include "gateway/ingest/merged_bytes.h"

namespace ssegw::ingest {

// A google.protobuf.Duration as it came, in range or not.
struct WireDuration {
  int64_t seconds = 0;
  int32_t nanos = 0;
};

enum class PayloadKind {
  kNone,
  kDashboard,  // payload: the Dashboard's bytes
  kMessage,    // payload: the Any's bytes
  kDeleted,    // deleted: true
  kJson,       // payload: the text, which may be anything, even not UTF-8
};

// An Event (proto/ssegateway/v1/publisher.proto), field by field, not yet held to any rule but that
// its strings are UTF-8: all but its JSON, which is gone through once, by who checks it. The views
// are into the bytes it was parsed from.
struct ParsedEvent {
  std::string_view topic;
  std::string_view key;
  std::string_view type;
  std::string_view message_id;
  PayloadKind payload_kind = PayloadKind::kNone;
  MergedBytes payload;
  WireDuration ttl;

  // New again, with the room that its payload may have.
  void Reset() {
    topic = key = type = message_id = {};
    payload_kind = PayloadKind::kNone;
    payload.Clear();
    ttl = {};
  }
};

// A Publish request: where the event's bytes are.
struct ParsedRequest {
  uint64_t request_id = 0;  // PublishStream only
  MergedBytes event;
};

// A PublishBatch request: what is in it beside its events.
struct ParsedBatch {
  uint64_t request_id = 0;
  size_t events = 0;
};

// These decode as protobuf does: unknown fields are ignored, of a field that occurs twice the last
// one counts, submessages are merged. INVALID_ARGUMENT says what is wrong and where.

// event: new, or Reset.
absl::Status ParseEvent(std::string_view wire, ParsedEvent* event);

// On an error, request has what was read before the fault, so that the answer can carry the id.
absl::Status ParsePublishRequest(std::string_view wire, ParsedRequest* request);
absl::Status ParsePublishStreamRequest(std::string_view wire, ParsedRequest* request);

absl::Status ParsePublishBatchRequest(std::string_view wire, ParsedBatch* batch);

// The events of a PublishBatch request that ParsePublishBatchRequest has taken, one after another.
class EventsOfBatch {
 public:
  explicit EventsOfBatch(std::string_view wire) : reader_(wire) {}

  // A view into the request; false: there are no more.
  bool Next(std::string_view* event);

 private:
  FieldReader reader_;
};

// The id of a Dashboard, without decoding the rest.
absl::StatusOr<std::string_view> ParseDashboardId(std::string_view wire);

// What tells whose event it is, for the log: as far as the bytes go, and not held to any rule.
struct EventNames {
  std::string_view topic;
  std::string_view type_url;  // of an Any
  std::string_view message_id;
};
EventNames NamesOf(std::string_view wire);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_EVENT_PARSER_H_
