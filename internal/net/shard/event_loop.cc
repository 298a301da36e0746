#include "internal/net/shard/event_loop.h"

namespace ssegw::net {

EventLoop::EventLoop(std::function<base::TimePoint(base::TimePoint)> on_tick)
    : on_tick_(std::move(on_tick)), wheel_(base::Now()), timer_(io_) {
  Post([this] { Tick(); });
}

void EventLoop::Stop() {
  timer_.cancel();
  sockets_.Stop();
  io_.stop();
}

void EventLoop::RunRest() {
  io_.restart();
  io_.poll();
}

void EventLoop::Tick() {
  const base::TimePoint now = base::Now();
  next_tick_ = base::TimePoint();
  wheel_.Advance(now);
  latest_tick_ = on_tick_(now);
  WaitForTick();
}

void EventLoop::WaitForTick() {
  next_tick_ = wheel_.NextAt(latest_tick_);
  timer_.expires_at(next_tick_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Tick();
  });
}

void EventLoop::Schedule(fanout::WheelEntry& entry, base::TimePoint deadline) {
  if (deadline == base::TimePoint::max()) return wheel_.Cancel(entry);
  wheel_.Schedule(entry, deadline);
  if (deadline < next_tick_) WaitForTick();
}

}  // namespace ssegw::net
