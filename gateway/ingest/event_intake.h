#ifndef SSEGW_GATEWAY_INGEST_EVENT_INTAKE_H_
#define SSEGW_GATEWAY_INGEST_EVENT_INTAKE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/event_validator.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_auth.h"
#include "internal/base/time.h"
#include "internal/log/rate_limited.h"
#include "internal/store/store.h"

namespace ssegw::ingest {

// What became of an event that was taken in.
struct Taken {
  // nullopt if the store answers later.
  std::optional<store::AppendResult> result = {};
  // What the event takes of memory until then, about.
  size_t bytes = 0;
};

// What all ways of publishing have in common: one event in, its place in the store out, and one
// count of the result.
//
// Thread:   any, at the same time.
// Lifetime: validator, store and stats outlive it. It outlives every done: the store is stopped
//           before it goes.
// Errors:   UNAVAILABLE while refusing; the validator's; PERMISSION_DENIED for a topic that is not
//           the publisher's; the store's.
class EventIntake {
 public:
  EventIntake(const EventValidator& validator, store::Store& store, IngestStats& stats);

  // Whose event it is; both outlive done.
  struct Source {
    std::string_view peer;                 // for the log
    const Publisher* publisher = nullptr;  // null: whoever it is, he may publish anything
    uint64_t lane = 0;                     // of its events (store::ValidEvent)
  };

  // parse: how parsing the request that held the event went. done is called as Store::Append calls
  // it.
  Taken Take(const absl::Status& parse, const ParsedRequest& request, const base::Moment& received,
             const Source& source, store::AppendDone done);

  // Whether the store answers at once; only then TakeAll.
  bool answers_at_once() const { return prompt_ != nullptr; }
  // Takes in events that come one after another, as Take does. wires: of each. The answers have
  // their order.
  store::PlacedEvents TakeAll(std::span<const std::string_view> wires, const base::Moment& received,
                              const Source& source);

  // Events of one lane that may wait for the store at the same time.
  size_t max_unanswered() const { return store_.max_unanswered(); }
  // Events of all publishers that wait for it.
  size_t waiting() const { return waiting_.load(); }

  // From now on every event is refused: the gateway drains.
  void StartRefusing() { refusing_.store(true); }
  bool refusing() const { return refusing_.load(); }

 private:
  absl::StatusOr<store::ValidEvent> Check(const absl::Status& parse, const ParsedRequest& request,
                                          const base::Moment& received,
                                          const Publisher* publisher) const;
  // Counts and logs how it ended.
  void OnResult(const store::AppendResult& result, const EventNames& names, const Source& source);
  void OnRefused(const absl::Status& status, const EventNames& names, const Source& source);
  void CountAll(std::span<const store::Placed> answers, std::span<const std::string_view> wires,
                const Source& source);
  void Count(absl::StatusCode code, bool duplicate);

  const EventValidator& validator_;
  store::Store& store_;
  store::PromptStore* const prompt_;
  IngestStats& stats_;
  std::atomic<bool> refusing_{false};
  std::atomic<size_t> waiting_{0};
  log::RateLimited refused_log_{std::chrono::seconds(1)};
};

// Why an event, or a whole stream, is refused while the gateway drains.
absl::Status DrainingError();

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_EVENT_INTAKE_H_
