#ifndef SSEGW_INTERNAL_NET_SHARD_SHARD_CONTEXT_H_
#define SSEGW_INTERNAL_NET_SHARD_SHARD_CONTEXT_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/time.h"
#include "internal/fanout/shard.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard/connection_observer.h"
#include "internal/net/shard/connection_options.h"
#include "internal/net/shard/event_loop.h"
#include "internal/net/shard/handshake_queue.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/numbered_list.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shared_texts.h"
#include "internal/net/shard/unordered_list.h"
#include "internal/net/shard/waiting_sessions.h"
#include "internal/window/window.h"

namespace ssegw::net {

class Connection;

// What the sessions and connections of one shard share.
//
// Owns:     the shard's part of the fan-out, its lists and its counters.
// Thread:   the shard's; stats and fanout_stats any.
// Lifetime: it outlives the sessions; the loop, the window and the admission outlive it.
class ShardContext {
 public:
  // name: connection ids begin with it; [a-z0-9-].
  ShardContext(std::string_view name, EventLoop& loop, window::Window& window, Admission& admission,
               const ConnectionOptions& options);
  ShardContext(const ShardContext&) = delete;
  ShardContext& operator=(const ShardContext&) = delete;

  EventLoop& loop() { return loop_; }
  fanout::Shard& fanout() { return fanout_; }
  Admission& admission() { return admission_; }
  ConnectionObserver& observer() { return observer_; }
  NetStats& stats() { return stats_; }
  const NetStats& stats() const { return stats_; }
  const fanout::ShardStats& fanout_stats() const { return fanout_.stats(); }

  const ConnectionOptions& options() const { return options_; }
  // Counts for connections that open, and for deadlines that are set, from now on.
  void SetOptions(const ConnectionOptions& options) { options_ = options; }

  // A socket is on its way to this shard. Thread: any.
  void ExpectSocket() { sockets_.fetch_add(1, std::memory_order_relaxed); }
  // Its session is there; it removes itself when it closes.
  void AddSession(std::shared_ptr<Session> session) { sessions_.Add(std::move(session)); }
  void RemoveSession(const Session& session) {
    sockets_.fetch_sub(1, std::memory_order_relaxed);
    sessions_.Remove(session);
  }
  // The same socket is carried by another session from now on.
  void ReplaceSession(const Session& session, std::shared_ptr<Session> next) {
    sessions_.Remove(session);
    sessions_.Add(std::move(next));
  }
  // Owned or on their way here. Thread: any.
  size_t sockets() const { return sockets_.load(std::memory_order_relaxed); }
  const std::vector<std::shared_ptr<Session>>& sessions() const { return sessions_.all(); }
  // A connection adds itself when it starts and removes itself when it is gone.
  NumberedList<Connection>& connections() { return connections_; }
  // The names of browsers.
  SharedTexts& user_agents() { return user_agents_; }

  WaitingSessions& waiting() { return waiting_; }
  // Refuses half requests and ends held answers, as long as there are too many.
  void BoundWaiting();

  // From now on each answer says that its session closes.
  void BeginDrain() { draining_ = true; }
  bool draining() const { return draining_; }
  // When the last connections leave; max: there is no drain, or it is in its delay.
  void SetDrainedAt(base::TimePoint when) { drained_at_ = when; }
  base::TimePoint drained_at() const { return drained_at_; }

  // Calls work again and again, until it returns false, with turns for others in between: see
  // HttpLater::work. Deliveries go first, for a while.
  void Work(std::function<bool()> work);

  HandshakeQueue& handshakes() { return handshakes_; }

  // For reading whatever comes: one buffer for all sessions.
  std::array<char, 16 * 1024>& scratch() { return scratch_; }
  uint64_t NextConnectionNumber() { return ++next_connection_; }
  // [A-Za-z0-9-], and no other process or shard has the same.
  std::string ConnectionId(uint64_t number) const;
  std::mt19937_64& random() { return random_; }
  // Uniform in [0, 1).
  double Random() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  // What comes before the number.
  const std::string& connection_id_prefix() const { return connection_id_prefix_; }
  // --retry, jittered by half, and spread over that share of the drain window.
  std::chrono::milliseconds JitteredRetry(double spread);
  // Between half of it and once and a half; 1 ms at least.
  std::chrono::milliseconds Jittered(std::chrono::milliseconds retry);

 private:
  void Turn();
  void WorkOn();

  EventLoop& loop_;
  Admission& admission_;
  ConnectionOptions options_;
  fanout::Shard fanout_;
  NetStats stats_;
  ConnectionObserver observer_{stats_};
  std::mt19937_64 random_{std::random_device()()};
  std::array<char, 16 * 1024> scratch_;
  std::atomic<size_t> sockets_{0};
  UnorderedList<std::shared_ptr<Session>> sessions_;
  NumberedList<Connection> connections_;
  SharedTexts user_agents_{stats_.shared_text_bytes};
  WaitingSessions waiting_;
  // BoundWaiting is at work: what it ends calls it again.
  bool bounds_waiting_ = false;
  uint64_t next_connection_ = 0;
  const std::string connection_id_prefix_;
  bool draining_ = false;
  base::TimePoint drained_at_ = base::TimePoint::max();
  // The fan-out has more to deliver.
  bool turning_ = false;
  // The next first; work that has more to do goes to the end.
  std::deque<std::function<bool()>> work_;
  // Turns of the fan-out that work has given way to.
  size_t work_gave_way_ = 0;
  HandshakeQueue handshakes_{[this](std::function<bool()> work) { Work(std::move(work)); }};
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_SHARD_CONTEXT_H_
