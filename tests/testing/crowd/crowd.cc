#include "tests/testing/crowd/crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <future>
#include <mutex>
#include <numeric>
#include <queue>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/tcp_socket.h"

// Implementation notes
//
// A member: away ──its time──► connecting ──writable──► connected ──cut, or it leaves──► away
//                                  └─refused──► away            └─no event stream──► given up
//
// Timers are in one heap. A member has one timer that counts (its `timer` is the number of it):
// when to connect while it is away; when to read next, or when to leave, while it is connected. The
// events of epoll carry the same number's high part (`life`), so that what was reported for a
// socket that has been closed in the same round is passed over.
namespace ssegw::testing {
namespace {

using base::Concat;
using base::Duration;
using base::TimePoint;

// What browsers take as long as no retry: has come.
constexpr Duration kDefaultRetry = std::chrono::seconds(3);
// How often a slow member reads.
constexpr Duration kSlowPause = std::chrono::milliseconds(250);
// What a slow or a stuck member's kernel takes on its behalf is small, so that it is felt.
constexpr int kSlowReceiveBuffer = 4096;
// 127.0.0.1 … 127.0.0.16
constexpr uint32_t kLocalAddresses = 16;
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

void CountBySecond(std::vector<uint32_t>& counts, Duration since) {
  const auto second = static_cast<size_t>(std::max(0.0, base::ToSeconds(since)));
  if (counts.size() <= second) counts.resize(second + 1);
  ++counts[second];
}

enum class State { kAway, kConnecting, kConnected, kGivenUp };

struct Member {
  Member(size_t group_index, const CrowdMember& member)
      : group(group_index), query(member.query), checker(member.coverage) {}

  const size_t group;
  const std::string query;
  DeliveryChecker checker;

  State state = State::kAway;
  int fd = -1;
  uint32_t life = 0;
  uint64_t timer = 0;
  StreamScanner scanner;
  bool opening = false;
  bool open = false;  // the head of the answer has come
  bool came = false;  // it was open once
  Duration retry = kDefaultRetry;
  TimePoint connected_at;
};

struct Timer {
  TimePoint at;
  uint64_t number;
  size_t member;
  bool operator>(const Timer& other) const { return at > other.at; }
};

}  // namespace

class Crowd::Loop {
 public:
  Loop(const CrowdOptions& options, std::vector<CrowdGroup> groups);
  ~Loop();

  void Start();
  TimePoint started_at() const { return started_at_; }
  // Runs act on the loop's thread and waits for it.
  void Call(const std::function<void()>& act);

  void Settle();
  std::vector<CrowdReport> Report() const;
  void ForgetLatencies();
  Behind FindBehind(const std::vector<KeyNumbers>& topics) const;
  const std::string& last_error() const { return last_error_; }

 private:
  void Run();
  void RunCalls();
  void RunTimers(TimePoint now);
  int MillisecondsToNextTimer() const;
  void SetTimer(size_t index, TimePoint at);

  void Connect(size_t index);
  void OnReady(size_t index, uint32_t events);
  void OnConnected(size_t index);
  void Watch(size_t index, int operation);
  // Reads once, up to limit bytes.
  void Read(size_t index, size_t limit);
  void OnBytes(size_t index, std::string_view bytes, TimePoint now);
  void Leave(size_t index);
  void GiveUp(size_t index, const std::string& why);
  // Closes, and comes back after the time that it was told.
  void ComeBack(size_t index);
  void Close(Member& member);
  void StopOpening(Member& member);

  const CrowdGroup& GroupOf(const Member& member) const { return groups_[member.group]; }
  CrowdReport& ReportOf(const Member& member) { return reports_[member.group]; }
  bool ReadsFreely(const Member& member) const {
    return settled_ || GroupOf(member).reading == CrowdReading::kFreely;
  }

  const CrowdOptions options_;
  const sockaddr_in gateway_;
  std::vector<CrowdGroup> groups_;
  std::vector<Member> members_;
  std::vector<CrowdReport> reports_;
  std::string last_error_;
  bool settled_ = false;
  TimePoint started_at_;
  std::mt19937_64 random_;

  int epoll_ = -1;
  int wake_up_ = -1;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  uint64_t last_timer_ = 0;
  size_t opening_ = 0;          // members
  std::deque<size_t> waiting_;  // members that may not open yet
  std::array<char, 64 * 1024> buffer_;

  std::mutex calls_mutex_;
  std::vector<std::function<void()>> calls_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Crowd::Loop::Loop(const CrowdOptions& options, std::vector<CrowdGroup> groups)
    : options_(options),
      gateway_(ParseAddress(options.address)),
      groups_(std::move(groups)),
      reports_(groups_.size()),
      random_(options.seed) {
  for (size_t i = 0; i < groups_.size(); ++i) {
    reports_[i].members = groups_[i].members.size();
    for (const CrowdMember& member : groups_[i].members) members_.emplace_back(i, member);
  }
  AllowOpenFiles(members_.size() + 200);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_up_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeUp}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_up_, &event);
}

Crowd::Loop::~Loop() {
  stopping_ = true;
  eventfd_write(wake_up_, 1);
  if (thread_.joinable()) thread_.join();
  for (Member& member : members_) Close(member);
  close(epoll_);
  close(wake_up_);
}

void Crowd::Loop::Start() {
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

void Crowd::Loop::Call(const std::function<void()>& act) {
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

void Crowd::Loop::Run() {
  std::array<epoll_event, 256> events;
  while (!stopping_) {
    const int count = epoll_wait(epoll_, events.data(), events.size(), MillisecondsToNextTimer());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == kWakeUp) {
        RunCalls();
        continue;
      }
      const size_t index = event.data.u64 & 0xffffffff;
      if (members_[index].life == event.data.u64 >> 32) OnReady(index, event.events);
    }
    RunTimers(base::Now());
  }
}

void Crowd::Loop::RunCalls() {
  eventfd_t ignored = 0;
  eventfd_read(wake_up_, &ignored);
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(calls_mutex_);
    calls.swap(calls_);
  }
  for (const auto& call : calls) call();
}

void Crowd::Loop::RunTimers(TimePoint now) {
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
      Read(timer.member,
           static_cast<size_t>(share * static_cast<double>(GroupOf(member).bytes_per_second)));
    } else if (!settled_) {
      Leave(timer.member);
    }
  }
}

int Crowd::Loop::MillisecondsToNextTimer() const {
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.top().at - base::Now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

void Crowd::Loop::SetTimer(size_t index, TimePoint at) {
  members_[index].timer = ++last_timer_;
  timers_.push({.at = at, .number = last_timer_, .member = index});
}

void Crowd::Loop::Connect(size_t index) {
  Member& member = members_[index];
  member.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (member.fd < 0) {
    GiveUp(index, Concat("socket: ", std::generic_category().message(errno)));
    return;
  }
  ++member.life;
  member.scanner = StreamScanner(options_.dialect);
  member.open = false;
  member.opening = true;
  ++opening_;
  member.state = State::kConnecting;
  if (!ReadsFreely(member)) {
    setsockopt(member.fd, SOL_SOCKET, SO_RCVBUF, &kSlowReceiveBuffer, sizeof(int));
  }
  // A port is chosen when the peer is known, so it need only be free towards that one.
  const int late = 1;
  setsockopt(member.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof(late));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(index) % kLocalAddresses);
  if (bind(member.fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) {
    GiveUp(index, Concat("bind: ", std::generic_category().message(errno)));
    return;
  }
  const int result =
      connect(member.fd, reinterpret_cast<const sockaddr*>(&gateway_), sizeof(gateway_));
  if (result != 0 && errno != EINPROGRESS) {
    ++ReportOf(member).refused;
    ComeBack(index);
    return;
  }
  Watch(index, EPOLL_CTL_ADD);
}

// What epoll is asked for follows from the member's state. A reset is reported in any case.
void Crowd::Loop::Watch(size_t index, int operation) {
  const Member& member = members_[index];
  uint32_t events = 0;
  if (member.state == State::kConnecting) {
    events = EPOLLOUT;
  } else if (ReadsFreely(member)) {
    events = EPOLLIN;
  }
  epoll_event event{.events = events,
                    .data = {.u64 = static_cast<uint64_t>(member.life) << 32 | index}};
  epoll_ctl(epoll_, operation, member.fd, &event);
}

void Crowd::Loop::OnReady(size_t index, uint32_t events) {
  Member& member = members_[index];
  if (member.state == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(member.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) {
      OnConnected(index);
    } else {
      ++ReportOf(member).refused;
      ComeBack(index);
    }
  } else if ((events & EPOLLIN) != 0 && ReadsFreely(member)) {
    Read(index, buffer_.size());
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    ++ReportOf(member).cut;
    ComeBack(index);
  }
}

void Crowd::Loop::OnConnected(size_t index) {
  Member& member = members_[index];
  std::string request =
      Concat("GET ", options_.path, member.query.empty() ? "" : "?", member.query,
             " HTTP/1.1\r\nHost: ", options_.address, "\r\nAccept: text/event-stream\r\n");
  const std::string& last_id = member.checker.last_id();
  if (!last_id.empty()) request += Concat("Last-Event-ID: ", last_id, "\r\n");
  request += "\r\n";
  // A new socket has room for it.
  send(member.fd, request.data(), request.size(), MSG_NOSIGNAL);
  member.state = State::kConnected;
  ++ReportOf(member).requested;
  if (GroupOf(member).reading == CrowdReading::kNever) StopOpening(member);
  member.connected_at = base::Now();
  member.checker.OnConnect(member.connected_at);
  Watch(index, EPOLL_CTL_MOD);
  const CrowdGroup& group = GroupOf(member);
  if (group.reading == CrowdReading::kSlowly) {
    SetTimer(index, member.connected_at + kSlowPause);
  } else if (group.mean_stay > Duration::zero()) {
    std::exponential_distribution<double> stay(1 / base::ToSeconds(group.mean_stay));
    SetTimer(index, member.connected_at + std::chrono::duration_cast<Duration>(
                                              std::chrono::duration<double>(stay(random_))));
  }
}

void Crowd::Loop::Read(size_t index, size_t limit) {
  Member& member = members_[index];
  const ssize_t n = recv(member.fd, buffer_.data(), std::min(limit, buffer_.size()), 0);
  if (n > 0) {
    OnBytes(index, {buffer_.data(), static_cast<size_t>(n)}, base::Now());
    return;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  CrowdReport& report = ReportOf(member);
  ++(n == 0 && member.scanner.ended() ? report.ended : report.cut);
  ComeBack(index);
}

void Crowd::Loop::OnBytes(size_t index, std::string_view bytes, TimePoint now) {
  Member& member = members_[index];
  CrowdReport& report = ReportOf(member);
  report.bytes += bytes.size();
  const uint64_t events_before = report.deliveries.events;
  while (const ScannedBlock* const block = member.scanner.Next(bytes)) {
    if (block->retry_ms) member.retry = std::chrono::milliseconds(*block->retry_ms);
    if (block->event == "gateway.bye") CountBySecond(report.byes_by_second, now - started_at_);
    member.checker.OnBlock(*block, now, report.deliveries);
  }
  if (options_.events != nullptr) {
    options_.events->fetch_add(report.deliveries.events - events_before, std::memory_order_relaxed);
  }
  if (!member.scanner.error().empty()) {
    GiveUp(index, member.scanner.error());
    return;
  }
  if (!member.open && member.scanner.is_open()) {
    member.open = true;
    StopOpening(member);
    ++report.connected;
    ++report.opened;
    if (!std::exchange(member.came, true)) ++report.came;
    CountBySecond(report.opened_by_second, now - started_at_);
  }
}

void Crowd::Loop::Leave(size_t index) {
  Member& member = members_[index];
  ++ReportOf(member).left;
  if (random_() % 2 == 0) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(member.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  ComeBack(index);
}

void Crowd::Loop::GiveUp(size_t index, const std::string& why) {
  Member& member = members_[index];
  Close(member);
  member.state = State::kGivenUp;
  ++ReportOf(member).given_up;
  last_error_ = why;
}

void Crowd::Loop::ComeBack(size_t index) {
  Member& member = members_[index];
  const TimePoint now = base::Now();
  if (member.state == State::kConnected) {
    Duration& longest = ReportOf(member).longest_stay;
    longest = std::max(longest, now - member.connected_at);
  }
  Close(member);
  member.state = State::kAway;
  SetTimer(index, now + member.retry);
}

void Crowd::Loop::Close(Member& member) {
  if (member.open) --ReportOf(member).connected;
  if (member.state == State::kConnected) --ReportOf(member).requested;
  StopOpening(member);
  member.open = false;
  ++member.life;
  if (member.fd >= 0) close(std::exchange(member.fd, -1));
}

void Crowd::Loop::StopOpening(Member& member) {
  if (!std::exchange(member.opening, false)) return;
  --opening_;
  if (waiting_.empty()) return;
  SetTimer(waiting_.front(), base::Now());
  waiting_.pop_front();
}

void Crowd::Loop::Settle() {
  settled_ = true;
  for (size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].state == State::kConnected) Watch(i, EPOLL_CTL_MOD);
  }
}

std::vector<CrowdReport> Crowd::Loop::Report() const { return reports_; }

void Crowd::Loop::ForgetLatencies() {
  for (CrowdReport& report : reports_) report.deliveries.latency = LatencyHistogram();
}

Crowd::Behind Crowd::Loop::FindBehind(const std::vector<KeyNumbers>& topics) const {
  Behind behind;
  for (const Member& member : members_) {
    if (member.checker.IsAt(topics) || ++behind.members > 1) continue;
    const double stay =
        member.state == State::kConnected ? base::ToSeconds(base::Now() - member.connected_at) : -1;
    behind.first =
        Concat(GroupOf(member).name, ", ", member.query, ", last id ", member.checker.last_id(),
               ", connected for ", static_cast<int>(stay), " s, socket ", member.fd);
  }
  return behind;
}

Crowd::Crowd(const CrowdOptions& options, std::vector<CrowdGroup> groups)
    : loop_(std::make_unique<Loop>(options, std::move(groups))) {}

Crowd::~Crowd() = default;

void Crowd::Start() { loop_->Start(); }

TimePoint Crowd::started_at() const { return loop_->started_at(); }

void Crowd::Settle() {
  loop_->Call([&] { loop_->Settle(); });
}

std::vector<CrowdReport> Crowd::Report() {
  std::vector<CrowdReport> reports;
  loop_->Call([&] { reports = loop_->Report(); });
  return reports;
}

void Crowd::ForgetLatencies() {
  loop_->Call([&] { loop_->ForgetLatencies(); });
}

size_t Crowd::Connected() {
  size_t connected = 0;
  for (const CrowdReport& report : Report()) connected += report.connected;
  return connected;
}

Crowd::Behind Crowd::FindBehind(const std::vector<KeyNumbers>& topics) {
  Behind behind;
  loop_->Call([&] { behind = loop_->FindBehind(topics); });
  return behind;
}

std::string Crowd::LastError() {
  std::string error;
  loop_->Call([&] { error = loop_->last_error(); });
  return error;
}

}  // namespace ssegw::testing
