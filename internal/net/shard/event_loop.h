#ifndef SSEGW_INTERNAL_NET_SHARD_EVENT_LOOP_H_
#define SSEGW_INTERNAL_NET_SHARD_EVENT_LOOP_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <utility>

#include "internal/base/time.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/shard/epoll_set.h"

namespace ssegw::net {

// What one thread waits for: tasks, sockets and deadlines. It sleeps until one of them is due.
//
// Owns:     none of them.
// Thread:   Post any; all else the one that calls Run.
// Lifetime: it outlives whatever is scheduled or watched.
class EventLoop {
 public:
  // on_tick: called after the deadlines that were due; returns when it wants to be called again at
  // the latest.
  explicit EventLoop(std::function<base::TimePoint(base::TimePoint now)> on_tick);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Returns after Stop.
  void Run() { io_.run(); }
  void Stop();
  // After Run: runs the tasks that Stop overtook.
  void RunRest();

  template <typename Task>
  void Post(Task&& task) {
    boost::asio::post(io_, std::forward<Task>(task));
  }

  // Replaces the deadline that entry had; base::TimePoint::max(): none.
  void Schedule(fanout::WheelEntry& entry, base::TimePoint deadline);

  EpollSet& sockets() { return sockets_; }
  // For what waits beside the sockets: listeners.
  boost::asio::io_context& io() { return io_; }

 private:
  void Tick();
  void WaitForTick();

  const std::function<base::TimePoint(base::TimePoint)> on_tick_;
  boost::asio::io_context io_{1};
  EpollSet sockets_{io_};
  fanout::TimerWheel wheel_;
  boost::asio::steady_timer timer_;
  // What the timer waits for. In the past during a tick, which ends with waiting for the next.
  base::TimePoint next_tick_;
  // When on_tick_ wants to be called.
  base::TimePoint latest_tick_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_EVENT_LOOP_H_
