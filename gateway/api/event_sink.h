#ifndef SSEGW_GATEWAY_API_EVENT_SINK_H_
#define SSEGW_GATEWAY_API_EVENT_SINK_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "internal/store/store.h"

namespace ssegw::api {

// Takes in the events that come by HTTP: what is behind the publishers' port, without gRPC.
//
// Thread:   any, at the same time.
// Lifetime: it answers every event, and runs every task, before it goes.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // wire: a serialized Event, or why there is none, which counts as an event too. peer: for the
  // log. Returns the result if it is known at once, and then done is not called; otherwise it is
  // called once, by any thread, perhaps before this has returned.
  virtual std::optional<store::AppendResult> Take(const absl::StatusOr<std::string>& wire,
                                                  std::string_view peer,
                                                  store::AppendDone done) = 0;

  // Runs the task on a thread for what takes long.
  virtual void Run(std::function<void()> task) = 0;

  // The gateway drains: every event is refused.
  virtual bool refusing() const = 0;
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_EVENT_SINK_H_
