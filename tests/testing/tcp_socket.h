#ifndef SSEGW_TESTS_TESTING_TCP_SOCKET_H_
#define SSEGW_TESTS_TESTING_TCP_SOCKET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {

struct TcpOptions {
  // 0 for the kernel's choice. A small buffer makes a peer feel at once that nobody reads.
  int receive_buffer_bytes = 0;
  // Any of 127.0.0.0/8; empty for the kernel's choice.
  std::string local_address = {};
};

// The port of "127.0.0.1:8080".
uint16_t PortOf(std::string_view address);

// A blocking connection with deadlines.
//
// Errors: Failure when the peer is not there or a deadline passes.
class TcpSocket {
 public:
  // address: "127.0.0.1:8080", or "unix:/path".
  explicit TcpSocket(const std::string& address, const TcpOptions& options = {});
  ~TcpSocket();
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;

  // False if address refuses the connection.
  static bool CanConnect(const std::string& address);

  // Drops what the peer no longer takes because it has closed.
  void Send(std::string_view bytes);

  // What has come, at least one byte; empty if the peer has closed, with or without a reset.
  std::string Receive(base::Duration patience = kPatience);
  // As Receive; nullopt if nothing comes in that time.
  std::optional<std::string> ReceiveWithin(base::Duration patience);

  // Waits; true if there is something to receive, which may be the end.
  bool IsReadableWithin(base::Duration time) const;

  // The port of this end.
  uint16_t local_port() const;

  // The peer ended the connection with a reset.
  bool was_reset() const { return was_reset_; }

  // From now on the peer hears nothing of this end: no answer, no acknowledgement, no end.
  void Vanish();
  // Half-closes: the peer sees the end of what is sent.
  void ShutdownSend();
  // Closes, with a reset.
  void Reset();
  void Close();

 private:
  int fd_ = -1;
  bool was_reset_ = false;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_TCP_SOCKET_H_
