#include "bench/fanout/handshakes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/crowd/crowd_socket.h"
#include "tests/testing/failure.h"
#include "tests/testing/tcp_socket.h"
#include "tests/testing/wait_for.h"

namespace ssegw::bench {
namespace {

using testing::Failure;
using testing::TlsContext;

constexpr size_t kAtATime = 4;

struct FreesSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Ticket = std::unique_ptr<SSL_SESSION, FreesSession>;

// Of one client: the last ticket that came, and how many have.
struct Tickets {
  Ticket last;
  size_t count = 0;
};

int TicketsIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int OnTicket(SSL* tls, SSL_SESSION* session) {
  auto* const tickets = static_cast<Tickets*>(SSL_get_ex_data(tls, TicketsIndex()));
  tickets->last.reset(session);
  ++tickets->count;
  return 1;  // it is ours
}

TlsContext MakeContext() {
  TlsContext context = testing::MakeTlsClient("http/1.1");
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), OnTicket);
  // A read returns when a ticket has come.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  return context;
}

class Socket {
 public:
  Socket(const std::string& address, base::Duration patience)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(testing::PortOf(address));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto microseconds = patience / std::chrono::microseconds(1);
    const timeval time{.tv_sec = microseconds / 1'000'000, .tv_usec = microseconds % 1'000'000};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
      close(fd_);
      throw Failure(base::Concat("not connected to ", address));
    }
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// Shakes hands and takes up to this many tickets; the next one presents the last of them.
void ShakeHand(SSL_CTX* context, const std::string& address, base::Duration patience, bool resumes,
               size_t most_tickets, Tickets& tickets) {
  const Socket socket(address, patience);
  const std::unique_ptr<SSL, testing::FreesTls> tls(SSL_new(context));
  SSL_set_fd(tls.get(), socket.fd());
  SSL_set_ex_data(tls.get(), TicketsIndex(), &tickets);
  if (resumes) SSL_set_session(tls.get(), tickets.last.get());
  if (SSL_connect(tls.get()) != 1) throw Failure("a handshake fails");
  if ((SSL_session_reused(tls.get()) == 1) != resumes) {
    throw Failure(resumes ? "a ticket is not taken" : "a full handshake was resumed");
  }
  for (tickets.count = 0; tickets.count < most_tickets;) {
    const size_t before = tickets.count;
    char byte = 0;
    SSL_read(tls.get(), &byte, 1);
    if (tickets.count == before) break;
  }
  SSL_shutdown(tls.get());
}

void ShakeHandsInTurn(const std::string& address, HandshakeKind kind, size_t count) {
  const TlsContext context = MakeContext();
  Tickets tickets;
  const bool resumes = kind == HandshakeKind::kResumed;
  if (resumes) ShakeHand(context.get(), address, testing::kPatience, false, 1, tickets);
  for (size_t i = 0; i < count; ++i) {
    ShakeHand(context.get(), address, testing::kPatience, resumes, 1, tickets);
    if (tickets.count != 1) throw Failure("no ticket comes");
  }
}

}  // namespace

void ShakeHands(const std::string& address, HandshakeKind kind, size_t count) {
  std::mutex mutex;
  std::exception_ptr first_failure;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kAtATime; ++i) {
    const size_t share = count * (i + 1) / kAtATime - count * i / kAtATime;
    threads.emplace_back([&, share] {
      try {
        ShakeHandsInTurn(address, kind, share);
      } catch (const Failure&) {
        const std::lock_guard lock(mutex);
        if (first_failure == nullptr) first_failure = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (first_failure != nullptr) std::rethrow_exception(first_failure);
}

size_t CountTickets(const std::string& address, base::Duration patience) {
  const TlsContext context = MakeContext();
  Tickets tickets;
  ShakeHand(context.get(), address, patience, false, SIZE_MAX, tickets);
  return tickets.count;
}

}  // namespace ssegw::bench
