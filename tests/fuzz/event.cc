// The bytes of an Event, as a publisher may send them.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gateway/ingest/error_text.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/event_validator.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/text.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/fuzz/target.h"
#include "tests/unit/ingest/real_transcoder.h"

namespace ssegw::fuzz {
namespace {

constexpr size_t kMaxEventBytes = 64 * 1024;

// The number of a field is one of 29 bits. Where a tag has more than 32, protobuf 3.21 leaves some
// out; other implementations refuse it, and so does this.
bool HasLongTag(const absl::Status& status) {
  return ingest::MessageOf(status).find("no field tag") != std::string_view::npos;
}

// With the entries of maps sorted.
std::string InOneOrder(const google::protobuf::Message& message) {
  std::string wire;
  google::protobuf::io::StringOutputStream stream(&wire);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return wire;
}

absl::StatusOr<ingest::ParsedEvent> Parse(std::string_view wire) {
  ingest::ParsedEvent event;
  if (absl::Status status = ingest::ParseEvent(wire, &event); !status.ok()) return status;
  return event;
}

// What protobuf's own parser makes of the same bytes. It also takes the payload apart, which
// ParseEvent leaves to the transcoder: where it refuses, nothing is compared.
void CheckParser(std::string_view wire) {
  ssegateway::v1::Event event;
  if (!event.ParseFromArray(wire.data(), static_cast<int>(wire.size()))) return;
  const auto parsed = Parse(wire);
  if (HasLongTag(parsed.status())) return;
  Holds(parsed.ok(), "what protobuf takes is taken");
  Same("the topic is protobuf's", parsed->topic, event.topic());
  Same("the key is protobuf's", parsed->key, event.key());
  Same("the type is protobuf's", parsed->type, event.type());
  Same("the message_id is protobuf's", parsed->message_id, event.message_id());
  Holds(parsed->ttl.seconds == event.ttl().seconds() && parsed->ttl.nanos == event.ttl().nanos(),
        "the ttl is protobuf's");
  const auto same_message = [&](const google::protobuf::Message& expected) {
    const std::unique_ptr<google::protobuf::Message> got(expected.New());
    const std::string_view bytes = parsed->payload.view();
    Holds(got->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
          "the payload is one that protobuf takes");
    Same("the payload is protobuf's", InOneOrder(*got), InOneOrder(expected));
  };
  switch (parsed->payload_kind) {
    case ingest::PayloadKind::kDashboard:
      Holds(event.has_dashboard(), "a dashboard is protobuf's");
      same_message(event.dashboard());
      break;
    case ingest::PayloadKind::kMessage:
      Holds(event.has_message(), "a message is protobuf's");
      same_message(event.message());
      break;
    case ingest::PayloadKind::kDeleted:
      Holds(event.deleted(), "a deletion is protobuf's");
      break;
    case ingest::PayloadKind::kJson:
      Holds(event.has_json(), "json is protobuf's");
      Same("the json is protobuf's", parsed->payload.view(), event.json());
      break;
    case ingest::PayloadKind::kNone:
      Holds(!event.has_dashboard() && !event.has_message() && !event.has_json() && !event.deleted(),
            "no payload is protobuf's");
      break;
  }
}

// As a PublishBatch request: the same events as protobuf's, where it takes them.
void CheckBatch(std::string_view wire) {
  ingest::ParsedBatch parsed;
  const absl::Status status = ingest::ParsePublishBatchRequest(wire, &parsed);
  size_t events = 0;
  ingest::EventsOfBatch reader(wire);
  for (std::string_view event; reader.Next(&event); ++events) {
    Holds(wire.data() <= event.data() && event.data() + event.size() <= wire.data() + wire.size(),
          "an event lies within its batch");
  }
  Holds(events == parsed.events, "a batch has as many events as are counted");
  ssegateway::v1::PublishBatchRequest batch;
  if (!batch.ParseFromArray(wire.data(), static_cast<int>(wire.size())) || HasLongTag(status)) {
    return;
  }
  Holds(status.ok(), "a batch that protobuf takes is taken");
  Holds(parsed.request_id == batch.request_id(), "the batch's number is protobuf's");
  Holds(parsed.events == static_cast<size_t>(batch.events_size()), "so are its events");
}

// The lines of a frame as a strict reader of event streams takes them.
void CheckFrame(const sse::FrameContent& content) {
  const base::RefPtr<sse::Frame> frame = sse::Frame::Create(content);
  frame->Seal("epoch", 42);
  for (const std::string_view text : {frame->bare(), frame->envelope_bare()}) {
    std::vector<std::string_view> names;
    std::vector<std::string_view> lines = Split(text, '\n');
    Holds(lines.size() >= 4 && lines.back().empty() && lines[lines.size() - 2].empty(),
          "a frame ends with a blank line");
    lines.resize(lines.size() - 2);
    for (const std::string_view line : lines) {
      Holds(line.find('\r') == std::string_view::npos, "no line has a carriage return");
      const size_t colon = line.find(": ");
      Holds(colon != std::string_view::npos, "a line is a field");
      names.push_back(line.substr(0, colon));
    }
    std::vector<std::string_view> expected = {"data", "id"};
    if (content.deleted || !content.type.empty()) expected.insert(expected.begin(), "event");
    Holds(names == expected, "a frame has an event, data and an id, and nothing else");
    Same("the id is the last line", lines.back(), "id: epoch-42");
    if (!content.deleted && !content.type.empty()) {
      Same("the type is whole", lines[0].substr(7), content.type);
    }
    google::protobuf::Value json;
    Holds(google::protobuf::util::JsonStringToMessage(
              std::string(lines[lines.size() - 2].substr(6)), &json)
              .ok(),
          "the data is JSON");
  }
}

void CheckValidator(std::string_view wire) {
  ingest::IngestStats stats;
  const ingest::EventValidator validator(ingest::RealTranscoder(), kMaxEventBytes, stats);
  ingest::CheckedEvent checked;
  const absl::Status status = validator.Check(wire, base::Moment::Now(), checked);
  if (!status.ok()) {
    const std::string_view message = ingest::MessageOf(status);
    Holds(status.code() == absl::StatusCode::kInvalidArgument,
          "an event that is wrong is never to be repeated");
    Holds(!message.empty(), "an error says why");
    const std::string sent = ingest::SendableError(message);
    Holds(base::IsValidUtf8(sent) && sent.size() <= ingest::kMaxErrorBytes, "an error can be sent");
    return;
  }
  const sse::FrameContent& content = checked.content();
  Holds(window::ValidateTopic(content.topic).ok(), "an event has a topic");
  Holds(content.key.size() <= ingest::kMaxKeyBytes && base::IsValidUtf8(content.key) &&
            !base::HasControlCharacter(content.key),
        "a key is short text");
  Holds(base::IsValidUtf8(content.type) && !base::HasControlCharacter(content.type),
        "a type is a line of text");
  Holds(!content.type.starts_with("gateway."), "no type is one of ours");
  CheckFrame(content);
}

}  // namespace

void Event(std::string_view input) {
  if (input.size() > kMaxEventBytes) return;
  CheckParser(input);
  CheckValidator(input);

  CheckBatch(input);
  ingest::ParsedRequest once;
  ssegateway::v1::PublishStreamRequest request;
  const bool is_request = request.ParseFromArray(input.data(), static_cast<int>(input.size()));
  const absl::Status status = ingest::ParsePublishStreamRequest(input, &once);
  if (HasLongTag(status)) return;
  Holds(status.ok() || !is_request, "a request that protobuf takes is taken");
  if (is_request) Holds(once.request_id == request.request_id(), "its number is protobuf's");
}

}  // namespace ssegw::fuzz
