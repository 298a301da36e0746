#ifndef SSEGW_TESTS_UNIT_STORE_JETSTREAM_MODEL_REPLICA_H_
#define SSEGW_TESTS_UNIT_STORE_JETSTREAM_MODEL_REPLICA_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "internal/nats/loop.h"
#include "internal/store/jetstream/deletions.h"
#include "internal/store/jetstream/message_id.h"
#include "internal/store/jetstream/publisher.h"
#include "internal/store/jetstream/session.h"
#include "internal/store/shared_log_stats.h"
#include "internal/window/window.h"
#include "tests/testing/fake_nats.h"

namespace ssegw::store::jetstream {

// What JetStreamStore is made of, and the window, without threads: its loop is run by the test.
class ModelReplica final : public SessionListener, public window::LogListener {
 public:
  ModelReplica(testing::FakeNats& nats, uint64_t seed, const window::WindowLimits& limits,
               StreamsOptions streams, std::function<base::WallTime()> wall, base::TimePoint now)
      : window_("none", limits),
        publisher_(loop_, stats_,
                   {.name = streams.name,
                    .writer = "w" + std::to_string(seed),
                    .timeout = streams.publish_timeout,
                    .random_seed = seed}),
        deletions_(loop_, window_,
                   {.name = streams.name,
                    .writer = "w",
                    .random_seed = seed,
                    .read_up_to = [this] { return session_.read_up_to(); },
                    .wall = wall}),
        session_(loop_, nats, [](const std::function<void()>& run) { run(); }, window_, stats_,
                 *this,
                 {.streams = std::move(streams), .random_seed = seed, .wall = std::move(wall)}) {
    window_.AddListener(*this);
    loop_.RunDue(now);
    session_.Start();
  }
  ~ModelReplica() { window_.RemoveListener(*this); }
  ModelReplica(const ModelReplica&) = delete;
  ModelReplica& operator=(const ModelReplica&) = delete;

  void RunAt(base::TimePoint now) { loop_.RunDue(now); }
  Publisher& publisher() { return publisher_; }
  window::Window& window() { return window_; }
  const SharedLogStats& stats() const { return stats_; }
  bool following() const { return following_; }

  // What the window got since it was last loaded, without what was loaded; the first one is the
  // last of that.
  std::vector<uint64_t> Followed() const {
    const size_t from = loaded_ == 0 ? 0 : loaded_ - 1;
    return {appended_.begin() + static_cast<std::ptrdiff_t>(from), appended_.end()};
  }

  void OnRequests(nats::Requests* requests) override {
    publisher_.SetRequests(requests);
    deletions_.SetRequests(requests);
  }
  void OnEpoch(const std::string& epoch) override {
    publisher_.SetEpoch(epoch);
    deletions_.SetEpoch(epoch);
  }
  void OnFollowing() override {
    following_ = true;
    if (std::exchange(loading_, false)) loaded_ = appended_.size();
  }
  void OnLogEnd(const window::LogEnd& /*end*/) override {}
  void OnAway(base::TimePoint /*heard_at*/) override { following_ = false; }
  void OnFault(const absl::Status& /*fault*/) override {}
  void OnAppend(std::span<const sse::FramePtr> frames) override {
    for (const sse::FramePtr& frame : frames) appended_.push_back(frame->seq());
  }
  void OnBreak() override {
    appended_.clear();
    loaded_ = 0;
    loading_ = true;
  }

 private:
  nats::Loop loop_;
  SharedLogStats stats_;
  window::Window window_;
  std::vector<uint64_t> appended_;
  size_t loaded_ = 0;
  bool loading_ = true;
  bool following_ = false;
  Publisher publisher_;
  Deletions deletions_;
  Session session_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_TESTS_UNIT_STORE_JETSTREAM_MODEL_REPLICA_H_
