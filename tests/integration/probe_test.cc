// --probe against a gateway that is ready, one that drains, and peers that are no gateway.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/tcp_socket.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Lt;

// Listens, and says of its peers what it is told to: nothing, or text.
class Peer {
 public:
  explicit Peer(std::string text = "") : text_(std::move(text)) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    // Without text the backlog takes the connection, and nobody answers.
    if (!text_.empty()) thread_ = std::thread([this] { Answer(); });
  }
  ~Peer() {
    if (thread_.joinable()) thread_.join();
    close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::string Url(const std::string& path) const {
    return base::Concat("http://127.0.0.1:", port_, path);
  }

 private:
  void Answer() const {
    const int peer = accept(fd_, nullptr, nullptr);
    char request[1024];
    recv(peer, request, sizeof(request), 0);
    send(peer, text_.data(), text_.size(), MSG_NOSIGNAL);
    close(peer);
  }

  const std::string text_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

void ExpectOneLine(const std::string& text) {
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST(ProbeTest, ReadyGatewayIsZeroByUrlFlagAndEnvironment) {
  const GatewayProcess gateway;
  const RunResult by_url =
      RunGateway({base::Concat("--probe=http://", gateway.admin(), "/readyz")});
  EXPECT_EQ(by_url.exit_code, 0) << by_url.err;
  EXPECT_EQ(by_url.out, base::Concat("http://", gateway.admin(), "/readyz: 200\n"));
  EXPECT_EQ(RunGateway({"--probe=readyz", base::Concat("--admin_listen=", gateway.admin())}).out,
            by_url.out);
  EXPECT_EQ(RunGateway({"--probe=/readyz"}, {{"SSE_GATEWAY_ADMIN_LISTEN", gateway.admin()}}).out,
            by_url.out);
  EXPECT_EQ(
      RunGateway({"--probe=healthz", base::Concat("--admin_listen=", gateway.admin())}).exit_code,
      0);
}

TEST(ProbeTest, AddressOfAllInterfacesIsAskedByLoopback) {
  const GatewayProcess gateway;
  const uint16_t port = PortOf(gateway.admin());
  for (const std::string host : {"", "0.0.0.0"}) {
    const RunResult result =
        RunGateway({"--probe=readyz", base::Concat("--admin_listen=", host, ':', port)});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
}

TEST(ProbeTest, EndlessStreamIsAnAnswer) {
  const GatewayProcess gateway;
  EXPECT_EQ(RunGateway({base::Concat("--probe=http://", gateway.http(), "/v1/events")}).exit_code,
            0);
}

TEST(ProbeTest, DrainingGatewayIsOneAndSaysWhy) {
  GatewayProcess gateway({"--drain_delay=1m"});
  gateway.Terminate();
  const std::string flag = base::Concat("--probe=http://", gateway.admin(), "/readyz");
  ASSERT_TRUE(WaitFor([&] { return RunGateway({flag}).exit_code == 1; }));
  const RunResult result = RunGateway({flag});
  EXPECT_THAT(result.out, HasSubstr(": 503 draining\n"));
  ExpectOneLine(result.out);
}

TEST(ProbeTest, NobodyThereIsOne) {
  std::string url;
  {
    url = Peer().Url("/readyz");
  }
  const RunResult result = RunGateway({base::Concat("--probe=", url)});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("refused"));
  ExpectOneLine(result.out);
}

TEST(ProbeTest, PeerThatNeverAnswersIsOneWithinItsTime) {
  const Peer silent;
  const base::TimePoint begin = base::Now();
  const RunResult result = RunGateway({base::Concat("--probe=", silent.Url("/readyz"))});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("no answer in time"));
  ExpectOneLine(result.out);
  // Two seconds, and what a busy machine adds.
  EXPECT_THAT(base::ToSeconds(base::Now() - begin), AllOf(Ge(1.9), Lt(10)));
}

TEST(ProbeTest, AnswerThatIsNotHttpIsOne) {
  const Peer peer("SSH-2.0-server\r\n");
  const RunResult result = RunGateway({base::Concat("--probe=", peer.Url("/"))});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("not HTTP/1.1"));
}

TEST(ProbeTest, RedirectIsOneAndWhatAPeerSaysIsQuoted) {
  const Peer peer("HTTP/1.1 302 Found\r\n\r\n\x1b[31mgo away\n");
  const RunResult result = RunGateway({base::Concat("--probe=", peer.Url("/"))});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr(": 302 \"\\u001b[31mgo away\"\n"));
}

TEST(ProbeTest, BadTargetIsTwo) {
  for (const std::string target : {"", "ready", "https://gw.example.com/", "http://", "/a b"}) {
    const RunResult result = RunGateway({base::Concat("--probe=", target)});
    EXPECT_EQ(result.exit_code, 2) << target;
    EXPECT_THAT(result.err, HasSubstr("--probe"));
    ExpectOneLine(result.err);
  }
  const RunResult any_port = RunGateway({"--probe=readyz", "--admin_listen=:0"});
  EXPECT_EQ(any_port.exit_code, 2);
  EXPECT_THAT(any_port.err, HasSubstr("port 0"));
}

}  // namespace
}  // namespace ssegw::testing
