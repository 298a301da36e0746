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
#include "internal/base/time.h"
#include "internal/log/rate_limited.h"
#include "internal/store/memory_store.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::ingest {

inline constexpr size_t kMaxKeyBytes = 255;

// An event that has passed every rule, with the storage that its views need. Also needs the bytes
// it was made from.
class CheckedEvent {
 public:
  CheckedEvent() = default;
  CheckedEvent(const CheckedEvent&) = delete;
  CheckedEvent& operator=(const CheckedEvent&) = delete;

  const store::ValidEvent& valid() const { return valid_; }

 private:
  friend class EventValidator;

  ParsedEvent parsed_;
  std::string default_topic_;
  std::string json_;
  store::ValidEvent valid_;
};

// Holds an event to the rules of its contract (proto/ssegateway/v1/publisher.proto) and transcodes
// its payload. The cheap rules come first; what fails them is never transcoded.
//
// Thread:   any, at the same time.
// Lifetime: transcoder and stats outlive it.
// Errors:   INVALID_ARGUMENT naming the field, its value and the limit; else what the transcoder
// says.
class EventValidator {
 public:
  // default_ttl: of events that have none; zero: they keep their place until they are superseded.
  EventValidator(const transcode::Transcoder* transcoder, size_t max_event_bytes,
                 IngestStats* stats, base::Duration default_ttl = base::Duration::zero());

  // wire: a serialized Event, which must outlive checked. checked: new.
  absl::Status Check(std::string_view wire, const base::Moment& received,
                     CheckedEvent* checked) const;

 private:
  absl::Status Transcode(CheckedEvent* checked) const;

  const transcode::Transcoder* const transcoder_;
  const size_t max_event_bytes_;
  IngestStats* const stats_;
  const base::Duration default_ttl_;
  mutable log::RateLimited unknown_log_{std::chrono::seconds(10)};
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_EVENT_VALIDATOR_H_
