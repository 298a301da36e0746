#ifndef SSEGW_TESTS_UNIT_INGEST_LATE_STORE_H_
#define SSEGW_TESTS_UNIT_INGEST_LATE_STORE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/store/store.h"

namespace ssegw::ingest {

// A store that answers when a test says so, in any order, or never. The n-th event that comes, from
// 0 on, gets the id "epoch-<n + 1>".
class LateStore final : public store::Store {
 public:
  ~LateStore() override { Stop(); }

  // For streams that begin from now on.
  void SetMaxUnanswered(size_t events) { max_unanswered_ = events; }
  // From now on done is called by another thread before Append has returned.
  void AnswerBeforeAppendReturns() { early_ = true; }

  std::optional<store::AppendResult> Append(store::ValidEvent event,
                                            store::MakeAppendDone make_done) override {
    size_t number = 0;
    {
      const base::MutexLock lock(mutex_);
      if (stopped_) return absl::UnavailableError("stopped");
      number = events_.size();
      keys_.emplace_back(event.frame->key());
      store::AppendDone done = make_done();
      events_.push_back({.event = std::move(event), .done = std::move(done)});
      max_waiting_ = std::max(max_waiting_, ++waiting_);
    }
    if (early_) std::thread([&] { Answer(number); }).join();
    return std::nullopt;
  }
  void Tick(base::TimePoint /*now*/) override {}
  void SetFull(bool /*full*/) override {}
  void Stop() override {
    {
      const base::MutexLock lock(mutex_);
      stopped_ = true;
    }
    for (size_t i = 0; i < arrived(); ++i) Answer(i, absl::UnavailableError("stopped"));
  }
  size_t max_unanswered() const override { return max_unanswered_; }
  store::StoreHealth health() const override { return {}; }
  store::StoreStats stats() const override { return {}; }

  // Nothing if that event has been answered already.
  void Answer(size_t number) {
    Answer(number, store::Appended{.id = base::Concat("epoch-", number + 1), .duplicate = false});
  }
  void Answer(size_t number, store::AppendResult result) {
    store::AppendDone done;
    {
      const base::MutexLock lock(mutex_);
      if (!events_[number].done) return;
      done = std::exchange(events_[number].done, nullptr);
      events_[number].event.frame = nullptr;
      --waiting_;
    }
    std::move(done)(std::move(result));
  }

  size_t arrived() const {
    const base::MutexLock lock(mutex_);
    return events_.size();
  }
  size_t waiting() const {
    const base::MutexLock lock(mutex_);
    return waiting_;
  }
  // The most that waited at the same time.
  size_t max_waiting() const {
    const base::MutexLock lock(mutex_);
    return max_waiting_;
  }
  // Of the events in the order in which they came.
  std::vector<std::string> keys() const {
    const base::MutexLock lock(mutex_);
    return keys_;
  }

 private:
  struct Event {
    store::ValidEvent event;
    store::AppendDone done;
  };

  bool early_ = false;
  std::atomic<size_t> max_unanswered_{std::numeric_limits<size_t>::max()};
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Event> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> keys_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t max_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_TESTS_UNIT_INGEST_LATE_STORE_H_
