#ifndef SSEGW_TESTS_TESTING_CROWD_CROWD_SOCKET_H_
#define SSEGW_TESTS_TESTING_CROWD_CROWD_SOCKET_H_

#include <netinet/in.h>
#include <openssl/types.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ssegw::testing {

struct FreesTls {
  void operator()(SSL_CTX* context) const;
  void operator()(SSL* channel) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreesTls>;

// Of a client that speaks TLS 1.3 only, offers this protocol by ALPN, and checks no certificate.
TlsContext MakeTlsClient(std::string_view protocol);

struct CrowdSocketOptions {
  sockaddr_in server = {};
  uint32_t number = 0;     // by it one of several local addresses is chosen
  int receive_buffer = 0;  // 0 for the kernel's choice
  SSL_CTX* tls = nullptr;  // nullptr: none. It outlives the socket.
};

// A connection of the crowd, over TCP or TLS, that never blocks.
//
// Owns:   the socket. Thread: one.
// Errors: the constructor throws Failure where the kernel has no socket or no port for it. What the
//         server does is a state or a result.
class CrowdSocket {
 public:
  enum class State { kConnecting, kHandshaking, kOpen, kFailed };

  // Begins to connect.
  explicit CrowdSocket(const CrowdSocketOptions& options);
  ~CrowdSocket();
  CrowdSocket(const CrowdSocket&) = delete;
  CrowdSocket& operator=(const CrowdSocket&) = delete;

  int fd() const { return fd_; }
  State state() const { return state_; }
  // What epoll is to tell of it; reads: whether it wants what comes once it is open.
  uint32_t AwaitedEvents(bool reads) const;
  // Goes on with what opens it, as far as it goes now.
  State Continue();

  // As recv: the number of bytes; 0: the server has ended it, with a close_notify where it is TLS;
  // -1: errno is EAGAIN where nothing is there, and otherwise it is cut.
  ssize_t Read(char* into, size_t limit);
  // More can be read, though epoll may not tell.
  bool HasPending() const;
  // What the kernel does not take now waits until Flush finds room for it.
  void Write(std::string_view bytes);
  void Flush();

  // The server sees a reset.
  void CloseWithReset();
  void Close();

 private:
  ssize_t Send(std::string_view bytes);

  int fd_ = -1;
  std::unique_ptr<SSL, FreesTls> tls_;
  State state_ = State::kConnecting;
  bool handshake_writes_ = false;  // it waits for room, and not for the server
  std::string unsent_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_CROWD_SOCKET_H_
