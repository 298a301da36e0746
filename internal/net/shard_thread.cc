// Implementation notes
//
// Shutdown: Stop closes every connection on the shard's own thread, which cancels what they wait
// for; the handlers then let go of the last references, and the io_context runs out of work. Only
// then do the fan-out and the wheel go, which the connections used until their end.
#include "internal/net/shard_thread.h"

#include <time.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "internal/base/concat.h"
#include "internal/net/connection.h"
#include "internal/sse/event_id.h"

namespace ssegw::net {
namespace {

constexpr base::Duration kReportInterval = std::chrono::seconds(1);
// How many turns of deliveries a piece of work waits for.
constexpr size_t kMaxGivesWay = 4;

base::Duration ThreadCpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

ShardThread::ShardThread(const std::string& name, window::Window& window, Admission& admission,
                         const ConnectionOptions& options)
    : admission_(admission),
      options_(options),
      fanout_(window,
              [this] {
                boost::asio::post(io_, [this] {
                  if (!turning_) Turn();
                });
              }),
      wheel_(base::Now()),
      tick_timer_(io_),
      random_(std::random_device()()),
      connection_id_prefix_(base::Concat(sse::NewEpoch(), "-", name, "-")) {
  boost::asio::post(io_, [this] { Tick(); });
  thread_ = std::thread([this] { io_.run(); });
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

// Stop throws only when memory is exhausted, and that ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
ShardThread::~ShardThread() { Stop(); }

void ShardThread::Adopt(int fd, std::string peer_address, HttpService& service) {
  load_.fetch_add(1, std::memory_order_relaxed);
  boost::asio::post(io_, [this, fd, peer_address = std::move(peer_address), &service]() mutable {
    auto connection = std::make_shared<Connection>(*this, fd, std::move(peer_address), service);
    connection->index_in_shard_ = static_cast<uint32_t>(connections_.size());
    connections_.push_back(connection);
    connection->Start();
    if (drained_at_ != base::TimePoint::max()) {
      connection->LeaveAt(drained_at_, sse::ByeReason::kDrain);
    }
  });
}

void ShardThread::CloseIdle(size_t count) {
  boost::asio::post(io_, [this, count] {
    // Both take it out of the list, or to its end.
    size_t ended = 0;
    for (; ended < count && !held_.empty(); ++ended) EndFirstHeld();
    for (; ended < count && !(idle_.empty() && half_requests_.empty()); ++ended) {
      const auto connection = LongestIdle().shared_from_this();
      if (connection->GiveWay()) stats_.idle_closed.Add();
    }
  });
}

Connection& ShardThread::LongestIdle() {
  const auto front = [](IdlePeers& peers) {
    return peers.empty() ? nullptr : &static_cast<Connection&>(peers.front());
  };
  Connection* const idle = front(idle_);
  Connection* const half = front(half_requests_);
  if (idle == nullptr || half == nullptr) return idle == nullptr ? *half : *idle;
  return idle->idle_number() < half->idle_number() ? *idle : *half;
}

void ShardThread::BoundHeads() {
  // What one sends fits in any case, and is bounded by what a head may have.
  while (stats_.head_bytes.value() > options_.max_head_bytes && !half_requests_.empty() &&
         &half_requests_.front() != &half_requests_.back()) {
    const auto connection = static_cast<Connection&>(half_requests_.front()).shared_from_this();
    connection->RefuseHalfRequest();
  }
}

void ShardThread::CutHolders(uint64_t before_seq, size_t bytes) {
  boost::asio::post(io_, [this, before_seq, bytes] {
    const base::TimePoint now = base::Now();
    // Close takes each out of connections_.
    const std::vector<std::shared_ptr<Connection>> connections = connections_;
    size_t freed = 0;
    for (const auto& connection : connections) {
      if (freed >= bytes) return;
      const size_t held = connection->HeldFrameBytes(before_seq, now);
      if (held == 0) continue;
      freed += held;
      connection->Close(CloseReason::kWriteStall);
    }
  });
}

void ShardThread::BoundHeld() {
  while (held_count_ > options_.max_held) EndFirstHeld();
}

void ShardThread::EndFirstHeld() {
  // It may be closed, and gone, by its end.
  const auto connection = static_cast<Connection&>(held_.front()).shared_from_this();
  connection->EndHold();
}

void ShardThread::BeginDrain() {
  boost::asio::post(io_, [this] { leaving_ = true; });
}

void ShardThread::Drain(base::Duration over, double phase) {
  boost::asio::post(io_, [this, over, phase] {
    const base::TimePoint now = base::Now();
    leaving_ = true;
    drained_at_ = now + over;
    // In a random order, at even distances.
    std::vector<std::shared_ptr<Connection>> leaving = connections_;
    std::shuffle(leaving.begin(), leaving.end(), random_);
    for (size_t i = 0; i < leaving.size(); ++i) {
      const double share = (static_cast<double>(i) + phase) / static_cast<double>(leaving.size());
      leaving[i]->LeaveAt(now + std::chrono::duration_cast<base::Duration>(over * share),
                          sse::ByeReason::kDrain);
    }
  });
}

void ShardThread::SetOptions(const ConnectionOptions& options) {
  boost::asio::post(io_, [this, options] { options_ = options; });
}

void ShardThread::Stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] {
    tick_timer_.cancel();
    sockets_.Stop();
    // Close takes each out of connections_.
    const std::vector<std::shared_ptr<Connection>> left = connections_;
    for (const auto& connection : left) connection->Close(CloseReason::kShutdown);
    io_.stop();
  });
  thread_.join();
  // What was stopped before its handler ran: handlers hold connections, which use this shard.
  io_.restart();
  io_.poll();
}

void ShardThread::FindSlowest(size_t count, std::function<void(std::vector<StreamInfo>)> done) {
  Go(std::make_shared<SlowestStreams>(count, std::move(done)));
}

void ShardThread::Go(const std::shared_ptr<SlowestStreams>& search) {
  boost::asio::post(io_, [this, search] {
    if (search->Go(connections_, base::Now())) Go(search);
  });
}

ShardReport ShardThread::report() const {
  base::MutexLock lock(report_mutex_);
  return report_;
}

std::string ShardThread::ConnectionId(uint64_t number) const {
  return base::Concat(connection_id_prefix_, number);
}

std::chrono::milliseconds ShardThread::JitteredRetry(double spread) {
  std::chrono::duration<double, std::milli> retry = options_.retry * (0.5 + Random());
  retry += std::chrono::duration<double, std::milli>(options_.drain_window) * spread * Random();
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(retry),
                  std::chrono::milliseconds(1));
}

void ShardThread::Remove(const std::shared_ptr<Connection>& connection) {
  const uint32_t index = connection->index_in_shard_;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index_in_shard_ = index;
  connections_.pop_back();
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void ShardThread::Turn() {
  turning_ = fanout_.Turn(base::Now()) == fanout::Work::kMore;
  if (turning_) boost::asio::post(io_, [this] { Turn(); });
}

void ShardThread::Work(std::function<bool()> work) {
  work_.push_back(std::move(work));
  if (work_.size() == 1) boost::asio::post(io_, [this] { WorkOn(); });
}

void ShardThread::WorkOn() {
  // Deliveries go first, for a while.
  if (turning_ && ++work_gave_way_ < kMaxGivesWay) {
    return boost::asio::post(io_, [this] { WorkOn(); });
  }
  work_gave_way_ = 0;
  std::function<bool()> work = std::move(work_.front());
  const bool more = work();
  work_.pop_front();
  if (more) work_.push_back(std::move(work));
  if (!work_.empty()) boost::asio::post(io_, [this] { WorkOn(); });
}

void ShardThread::Tick() {
  const base::TimePoint now = base::Now();
  next_tick_ = base::TimePoint();
  last_tick_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  wheel_.Advance(now);
  if (now >= next_report_) Report(now);
  WaitForTick();
}

void ShardThread::WaitForTick() {
  next_tick_ = wheel_.NextAt(next_report_);
  tick_timer_.expires_at(next_tick_);
  tick_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Tick();
  });
}

void ShardThread::Schedule(fanout::WheelEntry& entry, base::TimePoint deadline) {
  if (deadline == base::TimePoint::max()) return wheel_.Cancel(entry);
  wheel_.Schedule(entry, deadline);
  if (deadline < next_tick_) WaitForTick();
}

void ShardThread::Report(base::TimePoint now) {
  double busy_ratio = 0;
  const base::Duration cpu = ThreadCpuTime();
  if (reported_at_ != base::TimePoint()) {
    busy_ratio = base::ToSeconds(cpu - reported_cpu_) / base::ToSeconds(now - reported_at_);
  }
  reported_cpu_ = cpu;
  reported_at_ = now;
  next_report_ = now + kReportInterval;
  {
    base::MutexLock lock(report_mutex_);
    report_.busy_ratio = busy_ratio;
  }
  if (std::exchange(counts_lag_, true)) return;
  fanout_.BeginLag();
  CountLag();
}

void ShardThread::CountLag() {
  if (fanout_.CountLag(base::Now()) == fanout::Work::kMore) {
    return boost::asio::post(io_, [this] { CountLag(); });
  }
  counts_lag_ = false;
  base::MutexLock lock(report_mutex_);
  report_.lag = fanout_.lag();
}

}  // namespace ssegw::net
