#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_DELETIONS_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_DELETIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "internal/metrics/counter.h"
#include "internal/nats/loop.h"
#include "internal/nats/requests.h"
#include "internal/nats/while_alive.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::store::jetstream {

// Publishes the deletion of what has outlived its ttl: one, though every replica does so, and none
// where something newer is. The server sees to both: the message's id is made of the event's, and
// it is taken only while that event is the last of its subject. Where the log has no message of
// that subject any more, the server knows of nothing newer that was there; so the window has to
// know: it is deleted once the window has all that the log had then. The replicas wait for a random
// time, so that most find it done.
//
// Thread:   the loop's; appended: any.
// Lifetime: loop and window outlive it.
// Cost:     a look at the window every kInterval.
class Deletions {
 public:
  // Together below a second: how late a deletion may be.
  static constexpr base::Duration kInterval = std::chrono::milliseconds(100);
  static constexpr base::Duration kMaxDelay = std::chrono::milliseconds(500);
  // What was not answered, or was and yet stays in the window, is tried again after that.
  static constexpr base::Duration kAgain = std::chrono::seconds(2);
  static constexpr base::Duration kTimeout = std::chrono::seconds(2);
  // At a time, so that a million keys that run out together do not hold up the loop.
  static constexpr size_t kMaxAtATime = 10'000;

  struct Options {
    std::string name;    // --nats_stream
    std::string writer;  // NewWriter()
    uint64_t random_seed = 0;
    // The seq up to which the window has the log; 0: it does not follow the log now.
    std::function<uint64_t()> read_up_to;
    std::function<base::WallTime()> wall = std::chrono::system_clock::now;
  };

  Deletions(nats::Loop& loop, window::Window& window, Options options);
  ~Deletions();
  Deletions(const Deletions&) = delete;
  Deletions& operator=(const Deletions&) = delete;

  // As Publisher's.
  void SetRequests(nats::Requests* requests);
  // Of the window.
  void SetEpoch(std::string epoch);

  // Deletions that were appended by this process.
  uint64_t appended() const { return appended_.value(); }

 private:
  struct Due {
    // When it is to be deleted, or is to be tried again.
    base::TimePoint at;
    // The log had nothing of its subject, and ended there: a window that has it still, and all up
    // to there, has nothing newer.
    std::optional<uint64_t> once_read_up_to = {};
  };

  void Look();
  // expected: the seq of the last message of its subject in the log.
  void Send(const sse::FramePtr& frame, uint64_t expected);
  void OnReply(const sse::FramePtr& frame, uint64_t expected, nats::Reply reply);
  // Where the log ends, for those that it has nothing of.
  void LookAtLog();

  nats::Loop& loop_;
  window::Window& window_;
  const Options options_;
  std::mt19937_64 random_;
  std::string epoch_;
  nats::Requests* requests_ = nullptr;
  // What has run out, by seq.
  std::map<uint64_t, Due> due_;
  // Of these: what the log has nothing of, as the server said, and was not yet looked at for.
  std::vector<uint64_t> gone_;
  bool looking_at_log_ = false;
  std::optional<nats::Loop::Timer> timer_;
  metrics::Counter appended_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_DELETIONS_H_
