#include "internal/store/jetstream/stored_event.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "internal/base/text.h"
#include "ssegateway/store/v1/stored_event.pb.h"

namespace ssegw::store::jetstream {
namespace {

using google::protobuf::Timestamp;

// Nanoseconds since 1970 fit 64 bits until 2262; with room for a difference.
constexpr int64_t kMaxSeconds = 9'000'000'000;
constexpr base::Duration kNever = std::chrono::hours(24) * 365 * 100;

void SetTimestamp(Timestamp& timestamp, base::WallTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  timestamp.set_seconds(seconds.count());
  timestamp.set_nanos(static_cast<int32_t>((since - seconds).count()));
}

std::optional<base::WallTime> ReadTimestamp(const Timestamp& timestamp) {
  if (timestamp.seconds() < 0 || timestamp.seconds() > kMaxSeconds || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return std::nullopt;
  }
  return base::WallTime(std::chrono::seconds(timestamp.seconds()) +
                        std::chrono::nanoseconds(timestamp.nanos()));
}

base::TimePoint OnSteadyClock(base::WallTime time, base::Moment now) {
  return now.steady + (time - now.wall);
}

bool IsContent(const ssegateway::store::v1::StoredEvent& event) {
  const std::string& json = event.json();
  if (event.deleted() != json.empty()) return false;
  return json.find_first_of("\r\n") == std::string::npos &&
         !base::HasControlCharacter(event.type()) && !event.type().starts_with("gateway.");
}

}  // namespace

std::string EncodeStoredEvent(const sse::Frame& frame, std::string_view writer) {
  ssegateway::store::v1::StoredEvent event;
  if (frame.deleted()) {
    event.set_deleted(true);
  } else {
    event.set_type(frame.type().data(), frame.type().size());
    event.set_json(frame.json().data(), frame.json().size());
  }
  SetTimestamp(*event.mutable_received_at(), frame.received_wall());
  if (frame.expires_at() < frame.received_at() + kNever) {
    SetTimestamp(*event.mutable_expires_at(),
                 frame.received_wall() + (frame.expires_at() - frame.received_at()));
  }
  event.set_writer(writer.data(), writer.size());
  return event.SerializeAsString();
}

base::RefPtr<sse::Frame> DecodeStoredEvent(std::string_view topic, std::string_view key,
                                           std::string_view data, base::Moment now) {
  ssegateway::store::v1::StoredEvent event;
  if (!event.ParseFromArray(data.data(), static_cast<int>(data.size())) || !IsContent(event)) {
    return nullptr;
  }
  const std::optional<base::WallTime> received_at = ReadTimestamp(event.received_at());
  if (!received_at) return nullptr;
  base::TimePoint expires_at = base::TimePoint::max();
  if (event.has_expires_at()) {
    const std::optional<base::WallTime> wall = ReadTimestamp(event.expires_at());
    if (!wall) return nullptr;
    expires_at = OnSteadyClock(*wall, now);
  }
  return sse::Frame::Create({.topic = topic,
                             .key = key,
                             .type = event.type(),
                             .json = event.json(),
                             .deleted = event.deleted(),
                             // The writer's clock may be ahead.
                             .received_at = std::min(OnSteadyClock(*received_at, now), now.steady),
                             .received_wall = *received_at,
                             .expires_at = expires_at});
}

}  // namespace ssegw::store::jetstream
