#include "tests/testing/crowd/crowd_loop.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <numeric>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/tcp_socket.h"

// Implementation notes
//
// A member: away ──its time──► connecting ──its request is sent──► connected ──cut, or it leaves──►
//             ▲                    └─refused──► away            └─no event stream──► given up away
//
// A carrier is a socket with the members whose streams it carries: one over HTTP/1.1, several over
// HTTP/2. Members wait for it while it connects; it is dropped when it ends, when its only member
// goes, or, over HTTP/2, when the last one goes after the server's GOAWAY.
//
// Timers are in one heap. A member has one timer that counts (its `timer` is the number of it):
// when to connect while it is away; when to read next, or when to leave, while it is connected. The
// events of epoll carry the carrier's slot and, above it, its `life`, so that what was reported for
// one that has been dropped in the same round is passed over.
namespace ssegw::testing {
namespace {

using base::Concat;
using base::Duration;
using base::TimePoint;

constexpr uint64_t kWakeUp = ~uint64_t{0};

sockaddr_in ParseAddress(const std::string& address) {
  sockaddr_in parsed{};
  parsed.sin_family = AF_INET;
  parsed.sin_port = htons(PortOf(address));
  if (inet_pton(AF_INET, address.substr(0, address.rfind(':')).c_str(), &parsed.sin_addr) != 1) {
    throw Failure(Concat("not an address: ", address));
  }
  return parsed;
}

void AllowOpenFiles(size_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, count);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < count) {
    throw Failure(Concat(count, " files may not be open, only ", limit.rlim_max));
  }
}

}  // namespace

CrowdLoop::CrowdLoop(const CrowdOptions& options, std::vector<CrowdGroup> groups)
    : options_(options),
      gateway_(ParseAddress(options.address)),
      tls_(options.tls ? MakeTlsClient(is_http2() ? "h2" : "http/1.1") : nullptr),
      groups_(std::move(groups)),
      reports_(groups_.size()),
      random_(options.seed) {
  for (size_t i = 0; i < groups_.size(); ++i) {
    reports_[i].members = groups_[i].members.size();
    const bool freely = groups_[i].reading == CrowdReading::kFreely || groups_[i].members.empty();
    if (is_http2() && !freely) {
      throw Failure(Concat(groups_[i].name, ": over HTTP/2 everybody reads freely"));
    }
    for (const CrowdMember& member : groups_[i].members) members_.emplace_back(i, member);
  }
  const size_t per_socket = std::max<size_t>(options_.streams_per_socket, 1);
  const size_t sockets = (members_.size() + per_socket - 1) / per_socket;
  if (is_http2()) shared_.resize(sockets);
  AllowOpenFiles(sockets + 200);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_up_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeUp}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_up_, &event);
}

CrowdLoop::~CrowdLoop() {
  stopping_ = true;
  eventfd_write(wake_up_, 1);
  if (thread_.joinable()) thread_.join();
  carriers_.clear();
  close(epoll_);
  close(wake_up_);
}

const CrowdGroup& CrowdLoop::GroupOf(const Member& member) const { return groups_[member.group]; }

CrowdReport& CrowdLoop::ReportOf(const Member& member) { return reports_[member.group]; }

bool CrowdLoop::ReadsFreely(const Member& member) const {
  return settled_ || GroupOf(member).reading == CrowdReading::kFreely;
}

bool CrowdLoop::ReadsFreely(const Carrier& carrier) const {
  return is_http2() || ReadsFreely(members_[carrier.members.front()]);
}

void CrowdLoop::Start() {
  // So that no group comes before another.
  std::vector<size_t> order(members_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::shuffle(order.begin(), order.end(), random_);
  started_at_ = base::Now();
  for (size_t i = 0; i < order.size(); ++i) {
    SetTimer(order[i], started_at_ + std::chrono::seconds(1) * i / options_.connects_per_second);
  }
  thread_ = std::thread([this] { Run(); });
}

void CrowdLoop::Call(const std::function<void()>& act) {
  std::promise<void> done;
  {
    const std::lock_guard lock(calls_mutex_);
    calls_.emplace_back([&] {
      act();
      done.set_value();
    });
  }
  eventfd_write(wake_up_, 1);
  done.get_future().wait();
}

void CrowdLoop::Run() {
  std::array<epoll_event, 256> events;
  while (!stopping_) {
    const int count = epoll_wait(epoll_, events.data(), events.size(), MillisecondsToNextTimer());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == kWakeUp) {
        RunCalls();
        continue;
      }
      Carrier* const carrier = carriers_[event.data.u64 & 0xffffffff].get();
      if (carrier != nullptr && carrier->life == event.data.u64 >> 32) {
        OnReady(*carrier, event.events);
      }
    }
    RunTimers(base::Now());
    for (Carrier* const carrier : to_flush_) {
      if (!carrier->dropped) FlushHttp2(*carrier);
    }
    to_flush_.clear();
    dropped_.clear();
  }
}

void CrowdLoop::RunCalls() {
  eventfd_t ignored = 0;
  eventfd_read(wake_up_, &ignored);
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(calls_mutex_);
    calls.swap(calls_);
  }
  for (const auto& call : calls) call();
}

void CrowdLoop::RunTimers(TimePoint now) {
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    const Member& member = members_[timer.member];
    if (member.timer != timer.number) continue;
    if (member.state == State::kAway) {
      if (options_.max_opening > 0 && opening_ >= options_.max_opening) {
        waiting_.push_back(timer.member);
      } else {
        Connect(timer.member);
      }
    } else if (GroupOf(member).reading == CrowdReading::kSlowly) {
      if (settled_) continue;
      SetTimer(timer.member, now + kSlowPause);
      const double share = base::ToSeconds(kSlowPause);
      Read(*member.carrier,
           static_cast<size_t>(share * static_cast<double>(GroupOf(member).bytes_per_second)));
    } else if (!settled_) {
      Leave(timer.member);
    }
  }
}

int CrowdLoop::MillisecondsToNextTimer() const {
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.top().at - base::Now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

void CrowdLoop::SetTimer(size_t index, TimePoint at) {
  members_[index].timer = ++last_timer_;
  timers_.push({.at = at, .number = last_timer_, .member = index});
}

void CrowdLoop::Settle() {
  settled_ = true;
  for (const std::unique_ptr<Carrier>& carrier : carriers_) {
    if (carrier == nullptr || carrier->socket.state() != CrowdSocket::State::kOpen) continue;
    Watch(*carrier, EPOLL_CTL_MOD);
    // Of which epoll does not know.
    if (carrier->socket.HasPending()) Read(*carrier, buffer_.size());
  }
}

void CrowdLoop::ForgetLatencies() {
  for (CrowdReport& report : reports_) report.deliveries.latency = LatencyHistogram();
}

Crowd::Behind CrowdLoop::FindBehind(const std::vector<KeyNumbers>& topics) const {
  Crowd::Behind behind;
  for (const Member& member : members_) {
    if (member.checker.IsAt(topics) || ++behind.members > 1) continue;
    const double stay =
        member.state == State::kConnected ? base::ToSeconds(base::Now() - member.connected_at) : -1;
    behind.first =
        Concat(GroupOf(member).name, ", ", member.query, ", last id ", member.checker.last_id(),
               ", connected for ", static_cast<int>(stay), " s, socket ",
               member.carrier != nullptr ? member.carrier->socket.fd() : -1);
  }
  return behind;
}

}  // namespace ssegw::testing
