#ifndef SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_H_
#define SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_H_

#include <atomic>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "gateway/connections/lifecycle_log.h"
#include "internal/base/enum_array.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/metrics/counter.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

// What is told of a connection.
enum class LifecycleEvent : uint8_t { kOpened, kClosed, kResumed, kLast = kResumed };
std::string_view ToString(LifecycleEvent event);

// Written under a lock, read at the scrape.
struct LifecycleStats {
  base::EnumArray<LifecycleEvent, metrics::Counter> events;
  metrics::SharedCounter watchers;  // a gauge
};

// Makes of connections that open and close what watchers are told: a browser that reconnects is one
// event. Of any gateway's connections: each has to be told of in the order of its life, and nothing
// is assumed of the order of different ones.
//
// Owns:     the log; what waits to be told.
// Thread:   any; one lock for each connection that opens or closes.
// Lifetime: stats outlive it.
// Cost:     nothing before somebody watches. From then on some 60 bytes for each connection, what
//           waits, and the log; all of it is bounded (memory_bytes).
class Lifecycle {
 public:
  // A reconnect may come while the gateway still takes the connection before for open, since a
  // network has dropped it without a word. That is noticed after --write_stall_timeout and a
  // heartbeat or two.
  static constexpr base::Duration kHalfOpen = std::chrono::minutes(2);

  struct Options {
    std::string replica = {};
    // How long a closed connection may yet be resumed before it is told of; zero: none is, and all
    // are told of at once.
    base::Duration linger = std::chrono::seconds(5);
    LifecycleLog::Limits log = {};
    // Other gateways tell of the same connections (SharedLifecycle); the log's.
    LifecycleLog::OthersLag others_lag = std::nullopt;
    // What may wait to be told; beyond it the longest waiting is told of early.
    size_t max_waiting_bytes = size_t{16} * 1024 * 1024;
    // Connections that are open now, for the moment when somebody watches; about.
    std::function<uint64_t()> open_connections = [] { return uint64_t{0}; };
    LifecycleLog::WallClock wall = std::chrono::system_clock::now;
  };
  explicit Lifecycle(Options options);

  // Somebody has watched: connections have to be told of from now on, for the life of the process,
  // so that tokens stay good while no one watches. Thread: any; no lock.
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }
  // Begins to watch. The number of the first event to read: the one after the token, or without one
  // the next there will be. Errors: those of LifecycleLog::After.
  absl::StatusOr<uint64_t> Watch(std::string_view token);

  // last_event_id: as the browser sent it; empty: none.
  void Opened(const ssegateway::v1::Connection& connection, std::string_view last_event_id,
              base::TimePoint now);
  // reason: of connections_closed_total, or a word of its own.
  // sent_id: of the last event that it was sent, in the middle of its snapshot too; empty: its
  // cursor.
  void Closed(const ssegateway::v1::Connection& connection, std::string_view reason,
              base::TimePoint now, std::string_view sent_id = {});
  // Tells of what has waited long enough. Call several times a second.
  void Tick(base::TimePoint now);

  LifecycleLog& log() { return log_; }
  LifecycleStats& stats() { return stats_; }
  const LifecycleStats& stats() const { return stats_; }
  size_t memory_bytes() const;

 private:
  // Where something waits for its other half: among those of the same browser, as far as browsers
  // can be told apart, and of the same epoch, by seq.
  struct Place {
    uint64_t browser;
    uint64_t seq;
    // Of different ones the earlier is less.
    uint64_t turn;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  // A closed connection that may be resumed. seq: the last event that it was sent.
  struct Closing {
    std::string id;
    std::string event;
  };
  // A connection that opened with a last event id, while one that may be the one before is open.
  // seq: of that id.
  struct Opening {
    uint64_t id_hash;
    std::string connection;  // serialized
    bool told = false;
  };
  // A connection that has opened since somebody watches.
  struct Open {
    uint64_t browser = 0;  // of any epoch
    uint64_t turn = 0;
  };
  struct Due {
    base::TimePoint at;
    Place place;
  };

  // Whether it is open that a connection of this browser may go on from, beside the one that opens.
  bool MayGoOn(uint64_t browser) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A connection that opens goes on from one that is closing. False: there is none.
  bool GoOn(const Place& presented, const std::string& connection)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One that closes, and opened in that turn, has gone on as one that opened before its end.
  bool HasGoneOn(const Place& cursor, uint64_t opened, const std::string& id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the turn in which it opened; 0: before somebody watched.
  uint64_t Leave(uint64_t id_hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellOpening(Opening& opening) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellClosing(const Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseOpening(std::map<Place, Opening>::iterator opening)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseClosing(std::map<Place, Closing>::iterator closing)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OpeningIsDue(const Due& due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOpening(const Due& due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BoundWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(LifecycleEvent kind, std::string event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::Duration linger_;
  const size_t max_waiting_bytes_;
  const std::function<uint64_t()> open_connections_;
  const LifecycleLog::WallClock wall_;
  std::atomic<bool> wanted_{false};
  LifecycleStats stats_;
  LifecycleLog log_;

  mutable base::Mutex mutex_;
  uint64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, Open> open_ ABSL_GUARDED_BY(mutex_);  // by a hash of the id
  absl::flat_hash_map<uint64_t, uint32_t> open_of_browser_ ABSL_GUARDED_BY(mutex_);
  // Those that are open since before somebody watched, of any browser.
  uint64_t strangers_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Place, Closing> closing_ ABSL_GUARDED_BY(mutex_);
  std::map<Place, Opening> opening_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, Place> opening_of_id_ ABSL_GUARDED_BY(mutex_);  // by its hash
  // The earliest first. Some have found their other half.
  std::deque<Due> tell_closing_ ABSL_GUARDED_BY(mutex_);
  std::deque<Due> tell_opening_ ABSL_GUARDED_BY(mutex_);
  std::deque<Due> forget_opening_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_H_
