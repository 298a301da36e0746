#ifndef SSEGW_TESTS_TESTING_CROWD_CROWD_LOOP_H_
#define SSEGW_TESTS_TESTING_CROWD_CROWD_LOOP_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "internal/base/time.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/crowd/crowd_http2.h"
#include "tests/testing/crowd/crowd_socket.h"
#include "tests/testing/crowd/delivery_checker.h"
#include "tests/testing/crowd/stream_scanner.h"

namespace ssegw::testing {

// The crowd's thread: its members, their sockets and their timers.
//
// Thread: Start, started_at and Call are anybody's; everything else is called within Call.
class CrowdLoop final : private Http2Listener {
 public:
  CrowdLoop(const CrowdOptions& options, std::vector<CrowdGroup> groups);
  ~CrowdLoop() override;
  CrowdLoop(const CrowdLoop&) = delete;
  CrowdLoop& operator=(const CrowdLoop&) = delete;

  void Start();
  base::TimePoint started_at() const { return started_at_; }
  // Runs act on the loop's thread and waits for it.
  void Call(const std::function<void()>& act);

  void Settle();
  const std::vector<CrowdReport>& reports() const { return reports_; }
  void ForgetLatencies();
  Crowd::Behind FindBehind(const std::vector<KeyNumbers>& topics) const;
  const std::string& last_error() const { return last_error_; }

 private:
  // What browsers take as long as no retry: has come.
  static constexpr base::Duration kDefaultRetry = std::chrono::seconds(3);
  // How often a slow member reads.
  static constexpr base::Duration kSlowPause = std::chrono::milliseconds(250);

  enum class State { kAway, kConnecting, kConnected, kGivenUp };
  struct Carrier;

  struct Member {
    Member(size_t group_index, const CrowdMember& member)
        : group(group_index), query(member.query), token(member.token), checker(member.coverage) {}

    const size_t group;
    const std::string query;
    const std::string token;
    DeliveryChecker checker;

    State state = State::kAway;
    Carrier* carrier = nullptr;  // while it is connecting or connected
    int32_t stream = 0;          // of HTTP/2, while it is connected
    uint64_t timer = 0;
    StreamScanner scanner;
    bool opening = false;
    bool open = false;  // the head of the answer has come
    bool came = false;  // it was open once
    base::Duration retry = kDefaultRetry;
    base::TimePoint connected_at;
  };

  // A socket, and the members whose streams it carries.
  struct Carrier {
    explicit Carrier(const CrowdSocketOptions& options) : socket(options), number(options.number) {}

    CrowdSocket socket;
    const size_t number;
    size_t slot = 0;
    uint32_t life = 0;
    uint32_t watched = 0;  // what epoll was asked for
    bool dropped = false;
    std::vector<size_t> members = {};
    std::unique_ptr<CrowdHttp2> http2 = nullptr;  // nullptr: HTTP/1.1
  };

  struct Timer {
    base::TimePoint at;
    uint64_t number;
    size_t member;
    bool operator>(const Timer& other) const { return at > other.at; }
  };

  void Run();
  void RunCalls();
  void RunTimers(base::TimePoint now);
  int MillisecondsToNextTimer() const;
  void SetTimer(size_t index, base::TimePoint at);

  // Of a member.
  void Connect(size_t index);
  void SendRequest(size_t index);
  void OnRequested(size_t index);
  void Deliver(size_t index, std::string_view bytes, base::TimePoint now);
  void OnOpen(size_t index, base::TimePoint now);
  void Leave(size_t index);
  void GiveUp(size_t index, const std::string& why);
  // Closes, and comes back after the time that it was told.
  void ComeBack(size_t index);
  void Close(size_t index);
  void StopOpening(Member& member);
  // A member's stream, as HTTP/2 knows it.
  void OnHead(size_t index, int status) override;
  void OnData(size_t index, std::string_view bytes) override;
  void OnStreamEnd(size_t index, bool is_whole) override;

  // Of a carrier.
  Carrier* NewCarrier(size_t index);
  void Watch(Carrier& carrier, int operation);
  void OnReady(Carrier& carrier, uint32_t events);
  void Continue(Carrier& carrier);
  // Reads up to limit bytes, once, or as long as there is something that epoll does not know of.
  void Read(Carrier& carrier, size_t limit);
  void OnBytes(Carrier& carrier, std::string_view bytes);
  void FlushHttp2(Carrier& carrier);
  // It is over: all of its members come back, and are counted so.
  void End(Carrier& carrier, uint64_t CrowdReport::* count);
  // Nobody is on it any more.
  void Drop(Carrier& carrier);

  bool is_http2() const { return options_.streams_per_socket > 0; }
  const CrowdGroup& GroupOf(const Member& member) const;
  CrowdReport& ReportOf(const Member& member);
  bool ReadsFreely(const Member& member) const;
  bool ReadsFreely(const Carrier& carrier) const;

  const CrowdOptions options_;
  const sockaddr_in gateway_;
  const TlsContext tls_;  // nullptr: none
  std::vector<CrowdGroup> groups_;
  std::vector<Member> members_;
  std::vector<CrowdReport> reports_;
  std::string last_error_;
  bool settled_ = false;
  base::TimePoint started_at_;
  std::mt19937_64 random_;

  // By their slot, which epoll's events name.
  std::vector<std::unique_ptr<Carrier>> carriers_;
  std::vector<size_t> free_slots_;
  // Dropped in this round: somebody may be in the middle of one.
  std::vector<std::unique_ptr<Carrier>> dropped_;
  // What HTTP/2 has to say on them is sent at the end of the round, or before.
  std::vector<Carrier*> to_flush_;
  // Over HTTP/2, by the number of a member divided by streams_per_socket: the one to join, or null.
  std::vector<Carrier*> shared_;
  uint32_t last_life_ = 0;

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

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_CROWD_LOOP_H_
