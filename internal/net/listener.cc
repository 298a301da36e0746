#include "internal/net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <future>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/ip_address.h"
#include "internal/net/send_buffer.h"

namespace ssegw::net {
namespace {

using boost::asio::ip::tcp;

// Between two looks at the other listeners of the thread.
constexpr int kMaxAcceptsPerTurn = 64;
// Until the shards have closed what they were asked to.
constexpr auto kPauseForRoom = std::chrono::milliseconds(10);
// Made at once, so that a stampede does not pause for each of its connections; less where there are
// few sockets in all.
constexpr size_t kMaxRoom = 64;
constexpr size_t kShareOfRoom = 32;
// Small, so that what a slow browser reads is fresh; the send buffer has its own rules.
constexpr int kNotSentLowWaterBytes = 16 * 1024;

void SetOption(int fd, int level, int name, int value) {
  // Best effort: a kernel without one of them serves as well, only less tidily.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof(value)));
}

// On Linux an accepted socket has the options of the one that listens: set once, they cost a
// connection nothing. A send buffer that was set is not tuned by the kernel.
void SetOptionsOfConnections(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(SendBuffer::kFirstBytes));
  SetOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kNotSentLowWaterBytes);
}

}  // namespace

Listener::Listener(boost::asio::io_context& io, std::vector<ShardThread*> shards,
                   HttpService& service, size_t max_sockets)
    : io_(io),
      acceptor_(io),
      pause_(io),
      shards_(std::move(shards)),
      service_(service),
      max_sockets_(max_sockets) {}

absl::Status Listener::Open(const std::string& host, uint16_t port) {
  const auto fail = [&](const boost::system::error_code& error) {
    return absl::UnavailableError(
        base::Concat("cannot listen on ", host, ":", port, ": ", error.message()));
  };
  boost::system::error_code error;
  tcp::endpoint endpoint(tcp::v6(), port);
  if (!host.empty()) {
    tcp::resolver resolver(acceptor_.get_executor());
    const auto found = resolver.resolve(
        host, std::to_string(port), tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error) return fail(error);
    endpoint = found.begin()->endpoint();
  }
  acceptor_.open(endpoint.protocol(), error);
  if (error && host.empty()) {  // a machine without IPv6
    endpoint = tcp::endpoint(tcp::v4(), port);
    acceptor_.open(endpoint.protocol(), error);
  }
  if (error) return fail(error);
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && host.empty() && endpoint.protocol() == tcp::v6()) {
    acceptor_.set_option(boost::asio::ip::v6_only(false), error);
  }
  SetOptionsOfConnections(acceptor_.native_handle());
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) return fail(error);
  Wait();
  return absl::OkStatus();
}

void Listener::Close() {
  std::promise<void> closed;
  boost::asio::post(io_, [&] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
}

std::string Listener::address() const {
  boost::system::error_code error;
  const auto endpoint = acceptor_.local_endpoint(error);
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? base::Concat("[", host, "]:", endpoint.port())
                                    : base::Concat(host, ":", endpoint.port());
}

void Listener::Wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](boost::system::error_code error) {
    if (!error) Accept();
  });
}

void Listener::Accept() {
  for (int i = 0; i < kMaxAcceptsPerTurn; ++i) {
    // Whether there is another one after one was accepted is not known: the wait tells.
    if (Sockets() >= max_sockets_) return i == 0 ? MakeRoom() : Wait();
    sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    const int fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      ShardThread* const shard =
          *std::min_element(shards_.begin(), shards_.end(),
                            [](ShardThread* a, ShardThread* b) { return a->load() < b->load(); });
      const auto address = base::IpAddress::Of(reinterpret_cast<const sockaddr&>(peer));
      shard->Adopt(fd, address ? address->ToString() : std::string(), service_);
      continue;
    }
    if (errno == EAGAIN) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return MakeRoom();
    }
    // Whatever else concerns the one connection that was to be accepted (accept(2)).
  }
  Wait();
}

size_t Listener::Sockets() const {
  size_t sockets = 0;
  for (const ShardThread* shard : shards_) sockets += shard->load();
  return sockets;
}

void Listener::MakeRoom() {
  const size_t room = std::clamp<size_t>(max_sockets_ / kShareOfRoom, 1, kMaxRoom);
  for (ShardThread* shard : shards_) shard->CloseIdle(room / shards_.size() + 1);
  pause_.expires_after(kPauseForRoom);
  pause_.async_wait([this](boost::system::error_code error) {
    if (!error) Wait();
  });
}

}  // namespace ssegw::net
