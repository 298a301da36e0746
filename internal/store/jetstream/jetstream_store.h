#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_JETSTREAM_STORE_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_JETSTREAM_STORE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/nats/blocking_thread.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/nats/requests.h"
#include "internal/store/jetstream/deletions.h"
#include "internal/store/jetstream/publisher.h"
#include "internal/store/jetstream/session.h"
#include "internal/store/jetstream/streams.h"
#include "internal/store/shared_log_stats.h"
#include "internal/store/store.h"
#include "internal/window/window.h"

namespace ssegw::store::jetstream {

// A log in NATS JetStream that any number of gateways share. It answers when the stream has
// acknowledged; what the window has comes from the stream alone.
//
// Owns:     its thread, which has all state; one more that dials.
// Thread:   as Store.
// Lifetime: the window outlives it. The destructor ends a dial that is going on.
// Errors:   those of Publisher; RESOURCE_EXHAUSTED also while this process is full.
// Cost:     Append: a task for the store's thread.
class JetStreamStore final : public Store, public SessionListener {
 public:
  JetStreamStore(window::Window& window, std::unique_ptr<nats::Dialer> dialer,
                 StreamsOptions options);
  ~JetStreamStore() override;
  JetStreamStore(const JetStreamStore&) = delete;
  JetStreamStore& operator=(const JetStreamStore&) = delete;

  std::optional<AppendResult> Append(ValidEvent event, MakeAppendDone make_done) override;
  void Tick(base::TimePoint now) override;
  void SetFull(bool full) override { full_.store(full, std::memory_order_relaxed); }
  void Stop() override;
  // One is out at a time. The next are here when that is answered, and more of them while there is
  // room, so that answers can be given together.
  size_t max_unanswered() const override {
    return stats_.inflight_events.value() < Publisher::kMaxEvents / 4 ? 16 : 4;
  }
  StoreHealth health() const override;
  window::LogEnd log_end() const override;
  StoreStats stats() const override {
    return {.appended = publisher_.appended() + deletions_->appended()};
  }
  const SharedLogStats* shared_log_stats() const override { return &stats_; }
  absl::Status fault() const override;

 private:
  // SessionListener
  void OnRequests(nats::Requests* requests) override;
  void OnEpoch(const std::string& epoch) override;
  void OnFollowing() override;
  void OnLogEnd(const window::LogEnd& end) override;
  void OnAway(base::TimePoint heard_at) override;
  void OnFault(const absl::Status& fault) override;

  window::Window& window_;
  // Before the loop, which may be left with a link.
  const std::unique_ptr<nats::Dialer> dialer_;
  const std::string writer_;
  SharedLogStats stats_;
  nats::Loop loop_;
  Publisher publisher_;
  std::unique_ptr<Deletions> deletions_;
  std::optional<Session> session_;

  std::atomic<bool> full_{false};
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  StoreHealth health_ ABSL_GUARDED_BY(mutex_);
  window::LogEnd log_end_ ABSL_GUARDED_BY(mutex_);
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);

  std::optional<nats::BlockingThread> dialling_;
  std::thread thread_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_JETSTREAM_STORE_H_
