#include "tests/testing/crowd/crowd.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <optional>

#include "internal/base/concat.h"
#include "tests/testing/crowd/stamp.h"
#include "tests/testing/failure.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// Serves what a test tells it to, one connection at a time.
class ScriptedGateway {
 public:
  ScriptedGateway() { Listen(0); }
  ~ScriptedGateway() {
    Close();
    StopListening();
  }

  std::string address() const { return base::Concat("127.0.0.1:", port_); }
  void StopListening() {
    if (listener_ >= 0) close(std::exchange(listener_, -1));
  }
  void Listen(uint16_t port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        listen(listener_, 10) != 0) {
      throw Failure("cannot listen");
    }
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  uint16_t port() const { return port_; }

  // The next request.
  std::string Accept() {
    Close();
    AwaitReadable(listener_);
    connection_ = accept(listener_, nullptr, nullptr);
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
      AwaitReadable(connection_);
      std::array<char, 1024> buffer;
      const ssize_t n = recv(connection_, buffer.data(), buffer.size(), 0);
      if (n <= 0) throw Failure("the request is cut");
      request.append(buffer.data(), static_cast<size_t>(n));
    }
    return request;
  }
  void Send(const std::string& bytes) {
    ASSERT_EQ(send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // And the greeting, as if nothing had been presented.
  void SendHead(const std::string& retry = "3000") {
    SendOnlyHead();
    SendText(base::Concat(":\nevent: gateway.cut\ndata: {}\n\nevent: gateway.hello\nretry: ", retry,
                          "\ndata: {}\n\n"));
  }
  void SendOnlyHead() { Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }
  void SendText(const std::string& text) {
    std::array<char, 16> size;
    std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
    Send(base::Concat(size.data(), text, "\r\n"));
  }
  void SendEvent(uint64_t seq) {
    const std::string stamp = StampText({.number = seq});
    SendText(base::Concat("data: {\"id\":\"", stamp, "\"}\nid: e-", seq, "\n\n"));
  }
  void End() { Send("0\r\n\r\n"); }
  void Close() {
    if (connection_ >= 0) close(std::exchange(connection_, -1));
  }
  bool PeerHasLeft() {
    AwaitReadable(connection_);
    char byte = 0;
    return recv(connection_, &byte, 1, 0) <= 0;
  }

 private:
  static void AwaitReadable(int fd) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(kPatience / milliseconds(1))) <= 0) {
      throw Failure("waited in vain for the crowd");
    }
  }

  int listener_ = -1;
  int connection_ = -1;
  uint16_t port_ = 0;
};

CrowdGroup OneMember() {
  return {.name = "one", .members = {{.query = "topic=t.0", .coverage = {}}}};
}

class CrowdTest : public ::testing::Test {
 protected:
  void Start(const CrowdGroup& group) { Start(group, {}); }
  void Start(const CrowdGroup& group, CrowdOptions options) {
    options.address = gateway_.address();
    crowd_.emplace(options, std::vector<CrowdGroup>{group});
    crowd_->Start();
  }
  CrowdReport Report() { return crowd_->Report().front(); }

  ScriptedGateway gateway_;
  std::optional<Crowd> crowd_;
};

TEST_F(CrowdTest, ComesBackWithItsLastIdAfterTheTimeThatItWasTold) {
  Start(OneMember());
  const std::string first = gateway_.Accept();
  EXPECT_THAT(first, HasSubstr("GET /v1/events?topic=t.0 HTTP/1.1\r\n"));
  EXPECT_THAT(first, Not(HasSubstr("Last-Event-ID")));
  gateway_.SendHead("9000");
  gateway_.SendEvent(7);
  EXPECT_TRUE(WaitFor([&] { return crowd_->Connected() == 1; }));
  gateway_.SendText("event: gateway.bye\nretry: 300\ndata: {\"reason\":\"drain\"}\n\n");
  gateway_.End();
  gateway_.Close();
  const base::TimePoint closed_at = base::Now();
  EXPECT_THAT(gateway_.Accept(), HasSubstr("Last-Event-ID: e-7\r\n"));
  EXPECT_GT(base::Now() - closed_at, milliseconds(250));
  EXPECT_LT(base::Now() - closed_at, seconds(9));
  const CrowdReport report = Report();
  EXPECT_EQ(report.opened, 1u);
  EXPECT_EQ(report.ended, 1u);
  EXPECT_EQ(report.cut, 0u);
  EXPECT_EQ(report.connected, 0u);
  EXPECT_EQ(report.deliveries.events, 1u);
  EXPECT_EQ(report.byes_by_second.back(), 1u);
  EXPECT_EQ(report.opened_by_second.back(), 1u);
}

TEST_F(CrowdTest, TriesAgainWhereItIsRefused) {
  Start(OneMember());
  gateway_.Accept();
  gateway_.SendHead("50");
  EXPECT_TRUE(WaitFor([&] { return Report().opened == 1; }));
  gateway_.StopListening();
  gateway_.Close();
  EXPECT_TRUE(WaitFor([&] { return Report().refused >= 2; }));
  EXPECT_EQ(Report().cut, 1u) << "the stream had no end";
  gateway_.Listen(gateway_.port());
  gateway_.Accept();
  gateway_.SendHead();
  EXPECT_TRUE(WaitFor([&] { return Report().opened == 2; }));
  EXPECT_EQ(Report().given_up, 0u);
}

TEST_F(CrowdTest, GivesUpAsAnEventSourceDoes) {
  Start(OneMember());
  gateway_.Accept();
  gateway_.Send("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  EXPECT_TRUE(WaitFor([&] { return Report().given_up == 1; }));
  EXPECT_EQ(crowd_->LastError(), "status 503");
  EXPECT_TRUE(gateway_.PeerHasLeft());
}

TEST_F(CrowdTest, ReadsSlowlyUntilAllIsSettled) {
  constexpr uint64_t kEvents = 1000;
  constexpr size_t kRate = 8000;
  CrowdGroup group = OneMember();
  group.reading = CrowdReading::kSlowly;
  group.bytes_per_second = kRate;
  Start(group);
  gateway_.Accept();
  const base::TimePoint begin = base::Now();
  gateway_.SendHead();
  for (uint64_t i = 1; i <= kEvents; ++i) gateway_.SendEvent(i);
  EXPECT_TRUE(WaitFor([&] { return Report().bytes >= kRate / 2; }));
  EXPECT_LT(static_cast<double>(Report().bytes),
            kRate * (0.25 + base::ToSeconds(base::Now() - begin)));
  EXPECT_EQ(crowd_->FindBehind({{kEvents}}).members, 1u);
  crowd_->Settle();
  EXPECT_TRUE(WaitFor([&] { return crowd_->FindBehind({{kEvents}}).members == 0; }));
  EXPECT_EQ(Report().deliveries.events, kEvents);
}

TEST_F(CrowdTest, NeverReadsUntilAllIsSettled) {
  CrowdGroup group = OneMember();
  group.reading = CrowdReading::kNever;
  Start(group);
  gateway_.Accept();
  gateway_.SendHead();
  gateway_.SendEvent(1);
  EXPECT_EQ(Report().bytes, 0u);
  crowd_->Settle();
  EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == 1; }));
}

TEST_F(CrowdTest, LeavesAndComesBackUntilAllIsSettled) {
  CrowdGroup group = OneMember();
  group.mean_stay = milliseconds(50);
  Start(group);
  for (uint64_t i = 1; i <= 5; ++i) {
    gateway_.Accept();
    gateway_.SendHead("10");
    EXPECT_TRUE(gateway_.PeerHasLeft());
  }
  crowd_->Settle();
  EXPECT_TRUE(WaitFor([&] { return Report().left >= 5; }));
}

TEST_F(CrowdTest, AsksForThePathThatItIsGiven) {
  Start({.name = "one", .members = {{.query = "", .coverage = {}}}}, {.path = "/stream"});
  EXPECT_THAT(gateway_.Accept(), HasSubstr("GET /stream HTTP/1.1\r\n"));
}

TEST_F(CrowdTest, OpensNoMoreAtOnceThanItMay) {
  CrowdGroup group = OneMember();
  group.members.push_back(group.members.front());
  Start(group, {.max_opening = 1});
  gateway_.Accept();
  EXPECT_FALSE(WaitFor([&] { return Report().requested == 2; }, milliseconds(200)));
  gateway_.SendHead();
  EXPECT_TRUE(WaitFor([&] { return Report().requested == 2; }));
}

TEST_F(CrowdTest, CountsEventsForWhoDoesNotAsk) {
  std::atomic<uint64_t> events{0};
  Start(OneMember(), {.events = &events});
  gateway_.Accept();
  gateway_.SendHead();
  gateway_.SendEvent(1);
  gateway_.SendEvent(2);
  EXPECT_TRUE(WaitFor([&] { return events == 2; }));
  crowd_.reset();
}

TEST_F(CrowdTest, CountsLatenciesAnew) {
  Start(OneMember());
  gateway_.Accept();
  gateway_.SendHead();
  // What was published before it was connected is not measured.
  EXPECT_TRUE(WaitFor([&] { return crowd_->Connected() == 1; }));
  const auto send = [&](uint64_t seq) {
    const std::string stamp =
        StampText({.published_ns = base::Now().time_since_epoch().count(), .number = seq});
    gateway_.SendText(base::Concat("data: {\"id\":\"", stamp, "\"}\nid: e-", seq, "\n\n"));
    EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == seq; }));
  };
  send(1);
  EXPECT_EQ(Report().deliveries.latency.count(), 1u);
  crowd_->ForgetLatencies();
  EXPECT_EQ(Report().deliveries.latency.count(), 0u);
  send(2);
  EXPECT_EQ(Report().deliveries.latency.count(), 1u);
  EXPECT_EQ(Report().deliveries.events, 2u);
}

}  // namespace
}  // namespace ssegw::testing
