#include "gateway/ingest/acceptor.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <vector>

#include "tests/unit/ingest/ingest_server.h"

namespace ssegw::ingest {
namespace {

// What a test holds of sockets, either end.
class Sockets {
 public:
  Sockets() = default;
  ~Sockets() { CloseAll(); }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  void Add(int fd) {
    const std::lock_guard lock(mutex_);
    fds_.push_back(fd);
  }
  size_t size() const {
    const std::lock_guard lock(mutex_);
    return fds_.size();
  }
  void CloseAll() {
    const std::lock_guard lock(mutex_);
    for (const int fd : fds_) ::close(fd);
    fds_.clear();
  }
  // Returns the port of this side.
  uint16_t Connect(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    Add(fd);
    socklen_t length = sizeof(address);
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
    return ntohs(address.sin_port);
  }
  bool LastIsClosed() const {
    const std::lock_guard lock(mutex_);
    char byte = 0;
    const ssize_t received = ::recv(fds_.back(), &byte, 1, MSG_DONTWAIT);
    return received == 0 || (received < 0 && errno != EAGAIN);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<int> fds_;
};

// For as long as two looks for more room take.
void ExpectStays(const Sockets& sockets, size_t size) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(120);
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_EQ(sockets.size(), size);
    std::this_thread::yield();
  }
}

// Nothing waits in the backlog: what is beyond the limit makes one go that has made no call.
TEST(AcceptorTest, TakesWhatComesAndClosesTheSilentOnesBeyondTheLimit) {
  IngestStats stats;
  PublisherConnections connections(3, {}, &stats);
  Sockets accepted;
  Acceptor acceptor(&connections);
  ASSERT_TRUE(acceptor.Open({.host = "127.0.0.1"}).ok());
  const int port = acceptor.bound().port;
  acceptor.Start([&](int fd, int) { accepted.Add(fd); });
  Sockets publishers;
  for (int i = 0; i < 8; ++i) publishers.Connect(port);
  ASSERT_TRUE(WaitFor([&] { return accepted.size() == 8; })) << accepted.size();
  EXPECT_EQ(stats.connections.value(), 3U);
  EXPECT_EQ(stats.connections_evicted.value(), 5U);
  EXPECT_EQ(stats.connections_refused.value(), 0U);
}

TEST(AcceptorTest, ClosesAtOnceWhatItMayNotTake) {
  log::CaptureForTest log;
  IngestStats stats;
  PublisherConnections connections(1, {}, &stats);
  Sockets accepted;
  Acceptor acceptor(&connections);
  ASSERT_TRUE(acceptor.Open({.host = "127.0.0.1"}).ok());
  const int port = acceptor.bound().port;
  acceptor.Start([&](int fd, int) { accepted.Add(fd); });
  Sockets publishers;
  const uint16_t own_port = publishers.Connect(port);
  ASSERT_TRUE(WaitFor([&] { return accepted.size() == 1; }));
  connections.Called(base::Concat("127.0.0.1:", own_port));
  publishers.Connect(port);
  EXPECT_TRUE(WaitFor([&] { return publishers.LastIsClosed(); })) << "and does not wait";
  EXPECT_EQ(accepted.size(), 1U);
  EXPECT_EQ(stats.connections_refused.value(), 1U);
}

TEST(AcceptorTest, OutlivesTheWantOfFileDescriptors) {
  Sockets accepted;
  IngestStats stats;
  PublisherConnections connections(100, {}, &stats);
  Acceptor acceptor(&connections);
  ASSERT_TRUE(acceptor.Open({.host = "127.0.0.1"}).ok());
  const int port = acceptor.bound().port;
  acceptor.Start([&](int fd, int) { accepted.Add(fd); });
  Sockets publishers;
  publishers.Connect(port);
  ASSERT_TRUE(WaitFor([&] { return accepted.size() == 1; }));
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  // It has the lowest number that was free: from here on not one more may be opened.
  const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(waiting) + 1, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  publishers.Add(waiting);
  ExpectStays(accepted, 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(WaitFor([&] { return accepted.size() == 2; }));
}

TEST(AcceptorTest, ListensOnEveryAddressOfAName) {
  IngestStats stats;
  PublisherConnections connections(1, {}, &stats);
  Acceptor acceptor(&connections);
  const absl::Status opened = acceptor.Open({.host = "localhost"});
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_GT(acceptor.bound().port, 0);
}

}  // namespace
}  // namespace ssegw::ingest
