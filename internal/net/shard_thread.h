#ifndef SSEGW_INTERNAL_NET_SHARD_THREAD_H_
#define SSEGW_INTERNAL_NET_SHARD_THREAD_H_

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/admission.h"
#include "internal/net/epoll_set.h"
#include "internal/net/http_service.h"
#include "internal/net/net_stats.h"
#include "internal/net/slowest_streams.h"
#include "internal/net/stream_info.h"
#include "internal/window/window.h"

namespace ssegw::net {

class Connection;

// A connection that is not a stream and waits: for a request, for its peer to close, or for the end
// of its being held.
struct IdlePeer
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
};
using IdlePeers = boost::intrusive::list<IdlePeer, boost::intrusive::constant_time_size<false>>;

struct ConnectionOptions {
  base::Duration heartbeat_interval = std::chrono::seconds(15);
  std::chrono::milliseconds retry = std::chrono::seconds(2);
  // From the connection's beginning, and from the first byte of each later request.
  base::Duration request_header_timeout = std::chrono::seconds(10);
  // Between two requests of a connection. Longer than nginx and AWS load balancers keep an idle one
  // (60 s), so that they close it, and none sends a request into our close.
  base::Duration keepalive_timeout = std::chrono::seconds(75);
  base::Duration write_stall_timeout = std::chrono::seconds(60);
  // An answer that is taken more slowly than this, on average and after write_stall_timeout, is
  // given up: it holds memory for one peer.
  size_t min_answer_bytes_per_second = 8 * 1024;
  base::Duration max_connection_age{0};  // zero: none
  // Over which connections that leave at a drain, or are shed, are to come back.
  base::Duration drain_window = std::chrono::seconds(20);
  // How long the end of an answer waits that says gateway.bye "busy": some clients come back at
  // once after an end, whatever retry: says.
  base::Duration shed_hold = std::chrono::seconds(2);
  // Held at the same time by one shard; then the one that is held longest is ended.
  size_t max_held = 1024;
  // What one shard holds of requests that have not come whole; then the one that has been coming
  // for longest is refused.
  size_t max_head_bytes = size_t{64} * 1024 * 1024;
  // What the filters of one shard's streams take; then streams with many filters are shed.
  size_t max_filter_bytes = size_t{256} * 1024 * 1024;
};

// What a shard says of itself once a second.
struct ShardReport {
  double busy_ratio = 0;  // CPU time of the thread / time
  fanout::LagDistribution lag;
};

// One shard: a thread, its io_context, and the connections that it owns outright.
//
// Owns:     the thread, its connections, its share of the fan-out.
// Thread:   Adopt, CloseIdle, BeginDrain, Drain, FindSlowest, CutHolders, SetOptions, load, report,
// stats, last_tick: any.
//           What is for Connection: its own.
// Lifetime: the window, the admission and every service outlive it. Stop, or the destructor,
//           closes what is left and joins the thread.
class ShardThread {
 public:
  // name: of the thread, and in connection ids: [a-z0-9-].
  ShardThread(const std::string& name, window::Window& window, Admission& admission,
              const ConnectionOptions& options);
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  // Takes over an accepted, non-blocking socket. peer_address: without the port.
  void Adopt(int fd, std::string peer_address, HttpService& service);

  // Ends that many of the held connections, and closes those that are not streams and on which
  // nothing has been asked; of both those that have waited longest first; fewer where there are no
  // more.
  void CloseIdle(size_t count);

  // The drain has begun: from now on each answer says that its connection closes.
  void BeginDrain();

  // Every connection leaves, at even distances over that time. phase: 0 to 1, where between two
  // such moments this shard's are, so that those of several shards do not fall together.
  void Drain(base::Duration over, double phase);

  // For connections that open, and for deadlines that are set, from now on.
  void SetOptions(const ConnectionOptions& options);
  void Stop();

  // Calls done, on this shard's thread, with its slowest event streams, at most that many, slowest
  // first. It goes through all of them, in slices.
  void FindSlowest(size_t count, std::function<void(std::vector<StreamInfo>)> done);

  // Closes streams that have taken nothing for a second or more and keep half of a frame from
  // before that seq, until these frames come to so many bytes. It goes through all of them.
  void CutHolders(uint64_t before_seq, size_t bytes);

  // Sockets owned or on their way here.
  size_t load() const { return load_.load(std::memory_order_relaxed); }
  const fanout::ShardStats& fanout_stats() const { return fanout_.stats(); }
  const NetStats& stats() const { return stats_; }
  ShardReport report() const;
  // When the thread last came to its tick, which it does once a second at least: it turns over if
  // that is not long ago.
  base::TimePoint last_tick() const {
    return base::TimePoint(base::Duration(last_tick_.load(std::memory_order_relaxed)));
  }

  // For Connection.
  // As HttpLater's: on this thread, one piece of all that there is in each turn of the loop.
  void Work(std::function<bool()> work);
  boost::asio::io_context& io() { return io_; }
  EpollSet& sockets() { return sockets_; }
  fanout::Shard& fanout() { return fanout_; }
  // Replaces the deadline that entry had; base::TimePoint::max(): none.
  void Schedule(fanout::WheelEntry& entry, base::TimePoint deadline);
  Admission& admission() { return admission_; }
  const ConnectionOptions& options() const { return options_; }
  NetStats& mutable_stats() { return stats_; }
  // The one that has waited longest first.
  IdlePeers& idle() { return idle_; }
  // Of these, those that have sent half a request, in the order in which that began.
  IdlePeers& half_requests() { return half_requests_; }
  uint64_t NextIdleNumber() { return ++next_idle_; }
  // Refuses those that are too many by what they hold.
  void BoundHeads();
  // Turned away, and not yet ended; the one that is held longest first.
  IdlePeers& held() { return held_; }
  size_t& held_count() { return held_count_; }
  // Ends those that are too many.
  void BoundHeld();
  bool leaving() const { return leaving_; }
  // When the last connections leave; max: there is no drain, or it is in its delay.
  base::TimePoint drained_at() const { return drained_at_; }
  // For reading whatever comes: one for all connections.
  std::array<char, 16 * 1024>& scratch() { return scratch_; }
  uint64_t NextConnectionNumber() { return ++next_connection_; }
  // [A-Za-z0-9-], and no other process or shard has the same.
  std::string ConnectionId(uint64_t number) const;
  // Uniform in [0, 1).
  double Random() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  // --retry, jittered by half; in addition spread over that share of the drain window.
  std::chrono::milliseconds JitteredRetry(double spread);
  void Remove(const std::shared_ptr<Connection>& connection);

 private:
  void Turn();
  void WorkOn();
  void Tick();
  void EndFirstHeld();
  // There is one.
  Connection& LongestIdle();
  // For when something is due: a shard that has nothing to do sleeps.
  void WaitForTick();
  void Report(base::TimePoint now);
  void CountLag();
  void Go(const std::shared_ptr<SlowestStreams>& search);

  Admission& admission_;
  ConnectionOptions options_;
  boost::asio::io_context io_{1};
  EpollSet sockets_{io_};
  fanout::Shard fanout_;
  fanout::TimerWheel wheel_;
  boost::asio::steady_timer tick_timer_;
  // What it waits for. In the past while it is at its tick, which ends with waiting for the next.
  base::TimePoint next_tick_;
  std::mt19937_64 random_;
  NetStats stats_;
  std::array<char, 16 * 1024> scratch_;
  IdlePeers idle_;
  IdlePeers half_requests_;
  uint64_t next_idle_ = 0;
  IdlePeers held_;
  size_t held_count_ = 0;
  // Each knows its index. One that leaves is replaced by the last.
  std::vector<std::shared_ptr<Connection>> connections_;
  uint64_t next_connection_ = 0;
  std::string connection_id_prefix_;
  bool turning_ = false;
  // The next first; each call that has more to do goes to the end.
  std::deque<std::function<bool()>> work_;
  // Turns of the fan-out that work has given way to.
  size_t work_gave_way_ = 0;
  bool leaving_ = false;
  base::TimePoint drained_at_ = base::TimePoint::max();
  base::TimePoint next_report_;
  base::Duration reported_cpu_{0};
  base::TimePoint reported_at_;
  bool counts_lag_ = false;

  std::atomic<size_t> load_{0};
  std::atomic<base::Duration::rep> last_tick_{0};
  mutable base::Mutex report_mutex_;
  ShardReport report_ ABSL_GUARDED_BY(report_mutex_);
  // The last member: it uses all the others.
  std::thread thread_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_THREAD_H_
