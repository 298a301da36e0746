#include "tests/testing/crowd/crowd_socket.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

// 127.0.0.1 … 127.0.0.16
constexpr uint32_t kLocalAddresses = 16;

[[noreturn]] void Throw(std::string_view call) {
  throw Failure(base::Concat(call, ": ", std::generic_category().message(errno)));
}

// Non-blocking, bound to one of several addresses, so that ports are no limit. Closed on a failure.
int BoundSocket(uint32_t number, int receive_buffer) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) Throw("socket");
  if (receive_buffer > 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  // A port is chosen when the peer is known, so it need only be free towards that one.
  const int late = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof(late));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % kLocalAddresses);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) {
    const int error = errno;
    close(fd);
    errno = error;
    Throw("bind");
  }
  return fd;
}

}  // namespace

void FreesTls::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

void FreesTls::operator()(SSL* channel) const { SSL_free(channel); }

TlsContext MakeTlsClient(std::string_view protocol) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1) {
    throw Failure("no TLS 1.3");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A record is one call to the kernel, and not one for its head and one for the rest.
  SSL_CTX_set_read_ahead(context.get(), 1);
  const std::string offered =
      base::Concat(std::string(1, static_cast<char>(protocol.size())), protocol);
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size()));
  return context;
}

CrowdSocket::CrowdSocket(const CrowdSocketOptions& options)
    : fd_(BoundSocket(options.number, options.receive_buffer)) {
  if (options.tls != nullptr) {
    tls_.reset(SSL_new(options.tls));
    SSL_set_fd(tls_.get(), fd_);
    SSL_set_connect_state(tls_.get());
  }
  const int result =
      connect(fd_, reinterpret_cast<const sockaddr*>(&options.server), sizeof(options.server));
  if (result != 0 && errno != EINPROGRESS) state_ = State::kFailed;
}

CrowdSocket::~CrowdSocket() { Close(); }

uint32_t CrowdSocket::AwaitedEvents(bool reads) const {
  switch (state_) {
    case State::kConnecting:
      return EPOLLOUT;
    case State::kHandshaking:
      return handshake_writes_ ? EPOLLOUT : EPOLLIN;
    case State::kOpen:
      return (reads ? EPOLLIN : 0u) | (unsent_.empty() ? 0u : EPOLLOUT);
    case State::kFailed:
      break;
  }
  return 0;
}

CrowdSocket::State CrowdSocket::Continue() {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    state_ = error != 0 ? State::kFailed : tls_ == nullptr ? State::kOpen : State::kHandshaking;
  }
  if (state_ == State::kHandshaking) {
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_.get());
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), result);
    handshake_writes_ = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_NONE) {
      state_ = State::kOpen;
    } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      state_ = State::kFailed;
    }
  }
  return state_;
}

ssize_t CrowdSocket::Read(char* into, size_t limit) {
  if (tls_ == nullptr) return recv(fd_, into, limit, 0);
  ERR_clear_error();
  size_t count = 0;
  if (SSL_read_ex(tls_.get(), into, limit, &count) == 1) return static_cast<ssize_t>(count);
  const int error = SSL_get_error(tls_.get(), 0);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
  return -1;
}

bool CrowdSocket::HasPending() const { return tls_ != nullptr && SSL_has_pending(tls_.get()) == 1; }

void CrowdSocket::Write(std::string_view bytes) {
  unsent_ += bytes;
  Flush();
}

void CrowdSocket::Flush() {
  std::string_view left = unsent_;
  while (!left.empty()) {
    const ssize_t n = Send(left);
    if (n <= 0) break;
    left.remove_prefix(static_cast<size_t>(n));
  }
  unsent_.erase(0, unsent_.size() - left.size());
  if (unsent_.empty()) std::string().swap(unsent_);
}

ssize_t CrowdSocket::Send(std::string_view bytes) {
  if (tls_ == nullptr) return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ERR_clear_error();
  size_t count = 0;
  return SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count) == 1
             ? static_cast<ssize_t>(count)
             : -1;
}

void CrowdSocket::CloseWithReset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void CrowdSocket::Close() {
  tls_.reset();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace ssegw::testing
