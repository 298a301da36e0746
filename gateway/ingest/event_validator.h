#ifndef SSEGW_GATEWAY_INGEST_EVENT_VALIDATOR_H_
#define SSEGW_GATEWAY_INGEST_EVENT_VALIDATOR_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/text.h"
#include "internal/base/time.h"
#include "internal/log/rate_limited.h"
#include "internal/sse/frame.h"
#include "internal/store/store.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::ingest {

inline constexpr size_t kMaxKeyBytes = 255;

// An event that has passed every rule, as views of its own storage and of the bytes that it was
// made from, which outlive it.
class CheckedEvent {
 public:
  CheckedEvent() = default;
  CheckedEvent(const CheckedEvent&) = delete;
  CheckedEvent& operator=(const CheckedEvent&) = delete;

  // New again, for another event: some room for its JSON is kept.
  void Reset() {
    constexpr size_t kKeptBytes = 4096;
    json_.clear();
    if (json_.capacity() > kKeptBytes) base::Release(json_);
    parsed_.Reset();
    default_topic_.clear();
    content_.json = content_.topic = content_.key = content_.type = {};
    content_.deleted = false;
    content_.expires_at = base::TimePoint::max();
  }

  const sse::FrameContent& content() const { return content_; }
  std::string_view message_id() const { return parsed_.message_id; }
  // The event with bytes of its own, in its frame.
  store::ValidEvent MakeValid() const {
    return {.frame = sse::Frame::Create(content_), .message_id = std::string(message_id())};
  }

 private:
  friend class EventValidator;

  ParsedEvent parsed_;
  std::string default_topic_;
  std::string json_;
  sse::FrameContent content_;
};

// Holds an event to the rules of its contract (proto/ssegateway/v1/publisher.proto) and transcodes
// its payload. The cheap rules come first; what fails them is never transcoded.
//
// Thread:   any, at the same time.
// Lifetime: transcoder and stats outlive it.
// Errors:   INVALID_ARGUMENT names the field, its value and the limit; others are the transcoder's.
class EventValidator {
 public:
  // default_ttl: of events that have none; zero: they keep their place until they are superseded.
  EventValidator(const transcode::Transcoder& transcoder, size_t max_event_bytes,
                 IngestStats& stats, base::Duration default_ttl = base::Duration::zero());

  // wire: a serialized Event, which outlives checked. checked: new.
  absl::Status Check(std::string_view wire, const base::Moment& received,
                     CheckedEvent& checked) const;
  // The same without an observation of how long transcoding took: of many small events, looking at
  // the clock would be a part that counts.
  absl::Status CheckUnobserved(std::string_view wire, const base::Moment& received,
                               CheckedEvent& checked) const;

 private:
  // All rules that do not need the JSON.
  absl::Status CheckFields(std::string_view wire, const base::Moment& received,
                           CheckedEvent& checked) const;
  absl::Status Transcode(CheckedEvent& checked) const;

  const transcode::Transcoder& transcoder_;
  const size_t max_event_bytes_;
  IngestStats& stats_;
  const base::Duration default_ttl_;
  mutable log::RateLimited unknown_log_{std::chrono::seconds(10)};
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_EVENT_VALIDATOR_H_
