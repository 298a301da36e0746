#ifndef SSEGW_GATEWAY_INGEST_EVENT_INTAKE_H_
#define SSEGW_GATEWAY_INGEST_EVENT_INTAKE_H_

#include <atomic>
#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/event_validator.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/time.h"
#include "internal/log/rate_limited.h"
#include "internal/store/memory_store.h"

namespace ssegw::ingest {

// What both ways of publishing have in common: one event in, its place in the store out, and one
// count of the result.
//
// Thread:   any, at the same time.
// Lifetime: validator, store and stats outlive it.
// Errors:   UNAVAILABLE while refusing; else the validator's and the store's. Nothing was appended.
class EventIntake {
 public:
  EventIntake(const EventValidator* validator, store::MemoryStore* store, IngestStats* stats);

  // parse: how parsing the request that held the event went. peer: for the log.
  absl::StatusOr<store::Appended> Take(const absl::Status& parse, const ParsedRequest& request,
                                       const base::Moment& received, std::string_view peer = {});

  // From now on every event is refused: the gateway drains.
  void StartRefusing() { refusing_.store(true); }
  bool refusing() const { return refusing_.load(); }

 private:
  void LogRefused(const absl::Status& status, std::string_view wire, std::string_view peer);
  void Count(const absl::StatusOr<store::Appended>& result);
  absl::StatusOr<store::Appended> Append(const absl::Status& parse, const ParsedRequest& request,
                                         const base::Moment& received);

  const EventValidator* const validator_;
  store::MemoryStore* const store_;
  IngestStats* const stats_;
  std::atomic<bool> refusing_{false};
  log::RateLimited refused_log_{std::chrono::seconds(1)};
};

// Why an event, or a whole stream, is refused while the gateway drains.
absl::Status DrainingError();

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_EVENT_INTAKE_H_
