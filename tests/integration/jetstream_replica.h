#ifndef SSEGW_TESTS_INTEGRATION_JETSTREAM_REPLICA_H_
#define SSEGW_TESTS_INTEGRATION_JETSTREAM_REPLICA_H_

#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/nats/libnats_link.h"
#include "internal/store/jetstream/jetstream_store.h"
#include "internal/window/snapshot_reader.h"
#include "internal/window/window.h"

namespace ssegw::store::jetstream {

// What a gateway has of a log: a window and a store, with a real server behind them.
class Replica final : private window::LogListener {
 public:
  explicit Replica(std::vector<std::string> servers, StreamsOptions options = {.name = "n"})
      : store_(std::make_unique<JetStreamStore>(
            window_,
            std::make_unique<nats::LibnatsDialer>(nats::DialOptions{.servers = std::move(servers)}),
            std::move(options))) {
    window_.AddListener(*this);
  }
  ~Replica() {
    store_.reset();
    window_.RemoveListener(*this);
  }

  // An empty json deletes.
  std::future<AppendResult> Publish(std::string_view topic, std::string_view json,
                                    std::string message_id = "", base::Duration ttl = {}) {
    const base::Moment now = base::Moment::Now();
    ValidEvent event{.frame = sse::Frame::Create({.topic = topic,
                                                  .json = json,
                                                  .deleted = json.empty(),
                                                  .received_at = now.steady,
                                                  .received_wall = now.wall,
                                                  .expires_at = ttl == base::Duration::zero()
                                                                    ? base::TimePoint::max()
                                                                    : now.steady + ttl}),
                     .message_id = std::move(message_id)};
    auto result = std::make_shared<std::promise<AppendResult>>();
    std::future<AppendResult> answer = result->get_future();
    const auto make_done = [&]() -> AppendDone {
      return [result](AppendResult r) { result->set_value(std::move(r)); };
    };
    if (auto now_known = store_->Append(std::move(event), make_done)) {
      result->set_value(*std::move(now_known));
    }
    return answer;
  }

  bool up() const { return store_->health().state == StoreState::kUp; }
  StoreHealth health() const { return store_->health(); }
  uint64_t head() const { return window_.head(); }
  std::string epoch() const { return window_.epoch(); }
  // Frames as they are on the wire, ids included.
  std::vector<std::string> Snapshot() const {
    std::vector<std::string> frames;
    for (const auto& frame : TakeSnapshot(window_, window::Filters::Everything()).frames) {
      frames.emplace_back(frame->bare());
    }
    return frames;
  }
  std::vector<sse::FramePtr> Log() const {
    std::vector<sse::FramePtr> frames;
    window::ReadResult read{.cursor = window_.earliest_cursor()};
    while (!read.caught_up) {
      read = window_.Read(window::Filters::Everything(), window::ReadMode::kEvery, read.cursor, 0,
                          1000);
      frames.insert(frames.end(), read.frames.begin(), read.frames.end());
    }
    return frames;
  }
  // What came into the window since the last break, in order.
  std::vector<sse::FramePtr> Appended() const {
    const base::MutexLock lock(mutex_);
    return appended_;
  }
  size_t breaks() const {
    const base::MutexLock lock(mutex_);
    return breaks_;
  }
  JetStreamStore& store() { return *store_; }
  window::Window& window() { return window_; }
  const SharedLogStats& stats() const { return *store_->shared_log_stats(); }

 private:
  void OnAppend(std::span<const sse::FramePtr> frames) override {
    const base::MutexLock lock(mutex_);
    appended_.insert(appended_.end(), frames.begin(), frames.end());
  }
  void OnBreak() override {
    const base::MutexLock lock(mutex_);
    appended_.clear();
    ++breaks_;
  }

  mutable base::Mutex mutex_;
  std::vector<sse::FramePtr> appended_ ABSL_GUARDED_BY(mutex_);
  size_t breaks_ ABSL_GUARDED_BY(mutex_) = 0;
  window::Window window_{"none", {}};
  std::unique_ptr<JetStreamStore> store_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_TESTS_INTEGRATION_JETSTREAM_REPLICA_H_
