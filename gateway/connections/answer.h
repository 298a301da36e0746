#ifndef SSEGW_GATEWAY_CONNECTIONS_ANSWER_H_
#define SSEGW_GATEWAY_CONNECTIONS_ANSWER_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/connections/connections.h"

namespace ssegw::connections {

// The answer that somebody waits for. Whoever drops it unanswered has said UNAVAILABLE.
//
// Thread: one at a time.
template <typename T>
class Answer {
 public:
  explicit Answer(Done<T> done) : done_(std::move(done)) {}
  Answer(Answer&&) noexcept = default;
  Answer& operator=(Answer&&) = delete;
  ~Answer() { Give(absl::UnavailableError("the gateway leaves")); }

  // The first one counts.
  void Give(absl::StatusOr<T> answer) {
    if (!done_) return;
    Done<T> done = std::move(done_);
    done_ = nullptr;
    std::move(done)(std::move(answer));
  }

 private:
  Done<T> done_;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_ANSWER_H_
