#ifndef SSEGW_INTERNAL_NET_SHARD_THREAD_H_
#define SSEGW_INTERNAL_NET_SHARD_THREAD_H_

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard/connection_options.h"
#include "internal/net/shard/event_loop.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/stream/connection_info.h"
#include "internal/net/stream/message_mail.h"
#include "internal/net/stream/shard_connections.h"
#include "internal/net/transport/tls_port.h"
#include "internal/window/window.h"

namespace ssegw::net {

// What a shard says of itself once a second.
struct ShardReport {
  double busy_ratio = 0;  // CPU time of the thread / time
  fanout::LagDistribution lag;
};

// One shard: a thread, its event loop, and the sessions and connections that it owns outright.
//
// Owns:     the thread, the sessions, its part of the fan-out.
// Thread:   any.
// Lifetime: the window, the admission and every service outlive it. Stop, or the destructor,
//           closes what is left and joins the thread.
class ShardThread final : public ShardConnections {
 public:
  // name: of the thread. replica: which gateway this is. Connection ids begin with both:
  // [a-z0-9-].
  ShardThread(const std::string& name, std::string_view replica, window::Window& window,
              Admission& admission, const ConnectionOptions& options);
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  // Tells this listener of its connections. Before the first socket comes.
  void SetListener(ConnectionListener* listener) { context_.observer().SetListener(listener); }

  // Takes over an accepted, non-blocking socket. peer_address: without the port.
  // tls: what the port has that speaks TLS; nullptr: it speaks in the clear. It outlives the shard.
  void Adopt(int fd, std::string peer_address, HttpService& service, TlsPort* tls = nullptr);

  // Ends that many held answers and closes sessions that carry no connection and on which nothing
  // has been asked, in both cases those that have waited longest; fewer if there are no more.
  void CloseIdle(size_t count);

  // From now on each answer says that its session closes.
  void BeginDrain();

  // Everything leaves, at even distances over that time. phase: 0 to 1, where between two such
  // moments this shard's are, so that those of several shards do not fall together.
  void Drain(base::Duration over, double phase);

  // Counts for connections that open, and for deadlines that are set, from now on.
  void SetOptions(const ConnectionOptions& options);
  // Whether the log can be reached: since says from when on it cannot, and nullopt that it can.
  // Every connection says so, now or when it opens.
  void SetStale(std::optional<base::WallTime> since);
  void Stop();

  // Calls done, on this shard's thread, with its slowest connections, at most that many, slowest
  // first. It goes through all of them, in slices.
  void FindSlowest(size_t count, std::function<void(std::vector<ConnectionInfo>)> done);

  // ShardConnections
  const std::string& connection_id_prefix() const override {
    return context_.connection_id_prefix();
  }
  void FindPage(PageWanted wanted, FoundPage done) override;
  void Describe(uint64_t number, Described done) override;
  void Send(uint64_t number, fanout::Message message) override {
    mail_.Post(number, std::move(message));
  }
  void SendAway(LeavingWanted wanted, Left done) override;
  void Work(std::function<bool()> work) override;

  // Closes connections that have taken nothing for a second or more and hold half of a frame from
  // before that seq, until these frames add up to so many bytes. It goes through all of them.
  void CutHolders(uint64_t before_seq, size_t bytes);

  // Sockets owned or on their way here.
  size_t sockets() const { return context_.sockets(); }
  // SSE clients.
  size_t connections() const { return context_.stats().connections.value(); }
  // How much a new socket would have to share the thread with: every socket and, beyond one for
  // each, every connection.
  size_t pressure() const { return std::max(sockets(), connections()); }

  const fanout::ShardStats& fanout_stats() const { return context_.fanout_stats(); }
  const NetStats& stats() const { return context_.stats(); }
  ShardReport report() const;
  // When the thread last came to its tick, which it does once a second at least: it turns over if
  // that is not long ago.
  base::TimePoint last_tick() const {
    return base::TimePoint(base::Duration(last_tick_.load(std::memory_order_relaxed)));
  }

  // For what runs on this thread beside its sessions: listeners.
  boost::asio::io_context& io() { return loop_.io(); }

 private:
  // The loop's: returns when the next report is due.
  base::TimePoint OnTick(base::TimePoint now);
  void Report(base::TimePoint now);
  void CountLag();
  // Calls step until it returns false, with turns for others in between.
  void InSlices(std::function<bool()> step);
  // Has the first left connections say whether they are stale, some at a time.
  void SayFreshness(size_t left);

  EventLoop loop_;
  ShardContext context_;
  MessageMail mail_{context_};
  base::TimePoint next_report_;
  base::Duration reported_cpu_{0};
  base::TimePoint reported_at_;
  bool counts_lag_ = false;

  // It has time until its first tick.
  std::atomic<base::Duration::rep> last_tick_{base::Now().time_since_epoch().count()};
  mutable base::Mutex report_mutex_;
  ShardReport report_ ABSL_GUARDED_BY(report_mutex_);
  // The last member: it uses all the others.
  std::thread thread_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_THREAD_H_
