// Implementation notes
//
// Shutdown: Stop closes every session on the shard's own thread, which cancels what they wait for;
// the handlers then let go of the last references, and the loop runs out of work. Only then do the
// context and the loop go, which the sessions used until their end.
#include "internal/net/shard_thread.h"

#include <time.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "internal/base/concat.h"
#include "internal/net/http1/http1_session.h"
#include "internal/net/stream/connection.h"
#include "internal/net/stream/connection_page.h"
#include "internal/net/stream/connections_leaving.h"
#include "internal/net/stream/slowest_connections.h"
#include "internal/net/tls_handshake.h"
#include "internal/sse/control.h"

namespace ssegw::net {
namespace {

constexpr base::Duration kReportInterval = std::chrono::seconds(1);
// Connections that are written to before others have their turn.
constexpr size_t kToldAtOnce = 256;

base::Duration ThreadCpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

ShardThread::ShardThread(const std::string& name, std::string_view replica, window::Window& window,
                         Admission& admission, const ConnectionOptions& options)
    : loop_([this](base::TimePoint now) { return OnTick(now); }),
      context_(base::Concat(replica, "-", name), loop_, window, admission, options),
      thread_([this] { loop_.Run(); }) {
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

// Stop throws only when memory is exhausted, and that ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
ShardThread::~ShardThread() { Stop(); }

void ShardThread::Adopt(int fd, std::string peer_address, HttpService& service, TlsPort* tls) {
  context_.ExpectSocket();
  loop_.Post([this, fd, peer_address = std::move(peer_address), &service, tls]() mutable {
    if (tls != nullptr) {
      const auto handshake = std::make_shared<TlsHandshake>(context_, Transport(fd), *tls, service,
                                                            std::move(peer_address));
      context_.AddSession(handshake);
      handshake->Start();
      if (context_.drained_at() != base::TimePoint::max()) {
        handshake->LeaveAt(context_.drained_at());
      }
      return;
    }
    const auto session = std::make_shared<Http1Session>(context_, Transport(fd), service);
    context_.AddSession(session);
    session->Start(std::move(peer_address));
    if (context_.drained_at() != base::TimePoint::max()) session->LeaveAt(context_.drained_at());
  });
}

void ShardThread::CloseIdle(size_t count) {
  loop_.Post([this, count] {
    // Both take the session out of its list, or to the list's end.
    WaitingSessions& waiting = context_.waiting();
    size_t ended = 0;
    for (; ended < count && waiting.longest_held() != nullptr; ++ended) {
      const auto session = waiting.longest_held()->shared_from_this();
      session->EndHold();
    }
    for (; ended < count && waiting.longest_idle() != nullptr; ++ended) {
      const auto session = waiting.longest_idle()->shared_from_this();
      if (session->GiveWay() == Session::GaveWay::kYes) context_.stats().idle_closed.Add();
    }
  });
}

void ShardThread::CutHolders(uint64_t before_seq, size_t bytes) {
  loop_.Post([this, before_seq, bytes] {
    const base::TimePoint now = base::Now();
    // From the last to the first: the last one takes the place of one that closes.
    const std::vector<Connection*>& connections = context_.connections().all();
    size_t freed = 0;
    for (size_t i = connections.size(); i-- > 0 && freed < bytes;) {
      const size_t held = connections[i]->HeldFrameBytes(before_seq, now);
      if (held == 0) continue;
      freed += held;
      connections[i]->Share()->Close(CloseReason::kWriteStall);
    }
  });
}

void ShardThread::BeginDrain() {
  loop_.Post([this] { context_.BeginDrain(); });
}

void ShardThread::Drain(base::Duration over, double phase) {
  loop_.Post([this, over, phase] {
    const base::TimePoint now = base::Now();
    context_.BeginDrain();
    context_.SetDrainedAt(now + over);
    // In a random order, at even distances.
    std::vector<std::variant<Connection*, Session*>> leaving;
    for (Connection* const connection : context_.connections().all()) {
      leaving.emplace_back(connection);
    }
    for (const auto& session : context_.sessions()) {
      session->OnDrain();
      if (!session->carries_connections()) leaving.emplace_back(session.get());
    }
    std::shuffle(leaving.begin(), leaving.end(), context_.random());
    for (size_t i = 0; i < leaving.size(); ++i) {
      const double share = (static_cast<double>(i) + phase) / static_cast<double>(leaving.size());
      const auto when = now + std::chrono::duration_cast<base::Duration>(over * share);
      if (auto* const* connection = std::get_if<Connection*>(&leaving[i])) {
        (*connection)->LeaveAt(when, sse::ByeReason::kDrain);
      } else {
        std::get<Session*>(leaving[i])->LeaveAt(when);
      }
    }
  });
}

void ShardThread::SetOptions(const ConnectionOptions& options) {
  loop_.Post([this, options] { context_.SetOptions(options); });
}

void ShardThread::SetStale(std::optional<base::WallTime> since) {
  loop_.Post([this, since] {
    context_.fanout().SetStale(since ? sse::Stale(*since) : std::string());
    SayFreshness(context_.connections().all().size());
  });
}

void ShardThread::SayFreshness(size_t left) {
  // From the last to the first: the last one takes the place of one that leaves meanwhile, and one
  // that opens meanwhile, which is then the last, knows already.
  const std::vector<Connection*>& connections = context_.connections().all();
  const base::TimePoint now = base::Now();
  for (size_t told = 0; told < kToldAtOnce && left > 0; ++told) {
    left = std::min(left, connections.size());
    if (left > 0) connections[--left]->Share()->SayFreshness(now);
  }
  if (left > 0) loop_.Post([this, left] { SayFreshness(left); });
}

void ShardThread::Stop() {
  if (!thread_.joinable()) return;
  loop_.Post([this] {
    // Close takes each out of the list.
    const std::vector<std::shared_ptr<Session>> left = context_.sessions();
    for (const auto& session : left) session->Close(CloseReason::kShutdown);
    loop_.Stop();
  });
  thread_.join();
  // What was stopped before its handler ran: handlers hold sessions, which use this shard.
  loop_.RunRest();
}

void ShardThread::FindSlowest(size_t count, std::function<void(std::vector<ConnectionInfo>)> done) {
  const auto search = std::make_shared<SlowestConnections>(count, std::move(done));
  InSlices([this, search] {
    const auto more = search->Step(context_.connections().all(), base::Now());
    return more == SlowestConnections::Search::kGoesOn;
  });
}

void ShardThread::FindPage(PageWanted wanted, FoundPage done) {
  const auto page =
      std::make_shared<ConnectionPage>(std::move(wanted), connection_id_prefix(), std::move(done));
  InSlices([this, page] {
    const auto more = page->Step(context_.connections().all(), base::Now());
    return more == ConnectionPage::Search::kGoesOn;
  });
}

void ShardThread::Describe(uint64_t number, Described done) {
  loop_.Post([this, number, done = std::move(done)]() mutable {
    const Connection* const connection = context_.connections().Find(number);
    std::move(done)(connection == nullptr ? std::nullopt
                                          : std::optional(connection->Describe(base::Now())));
  });
}

void ShardThread::SendAway(LeavingWanted wanted, Left done) {
  const auto leaving = std::make_shared<ConnectionsLeaving>(std::move(wanted), std::move(done));
  InSlices([this, leaving] {
    const auto more = leaving->Step(context_.connections(), context_.options().retry);
    return more == ConnectionsLeaving::Search::kGoesOn;
  });
}

void ShardThread::Work(std::function<bool()> work) {
  loop_.Post([this, work = std::move(work)]() mutable { context_.Work(std::move(work)); });
}

void ShardThread::InSlices(std::function<bool()> step) {
  loop_.Post([this, step = std::move(step)]() mutable {
    if (step()) InSlices(std::move(step));
  });
}

ShardReport ShardThread::report() const {
  base::MutexLock lock(report_mutex_);
  return report_;
}

base::TimePoint ShardThread::OnTick(base::TimePoint now) {
  last_tick_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  if (now >= next_report_) Report(now);
  return next_report_;
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
  context_.fanout().BeginLag();
  CountLag();
}

void ShardThread::CountLag() {
  if (context_.fanout().CountLag(base::Now()) == fanout::Work::kMore) {
    return loop_.Post([this] { CountLag(); });
  }
  counts_lag_ = false;
  base::MutexLock lock(report_mutex_);
  report_.lag = context_.fanout().lag();
}

}  // namespace ssegw::net
