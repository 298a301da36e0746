#ifndef SSEGW_TESTS_TESTING_TEXT_CLIENT_H_
#define SSEGW_TESTS_TESTING_TEXT_CLIENT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/testing/tcp_socket.h"

namespace ssegw::testing {

// A TCP client that keeps all bytes that have come: for tests that look at the bytes themselves.
//
// Errors: as TcpSocket.
class TextClient {
 public:
  // address: "127.0.0.1:8080".
  explicit TextClient(const std::string& address) : socket_(address) {}

  void Send(std::string_view text) { socket_.Send(text); }
  void Get(std::string_view target);

  // Reads until what has come contains text; false if the stream ends before.
  bool ReadUntil(std::string_view text);
  // Reads until at least so many bytes have come; false if the stream ends before.
  bool ReadBytes(size_t count);
  void ReadToEnd();
  // Reads once; false if the peer has closed.
  bool ReadSome();
  // Waits; true if there is something to read, which may be the end.
  bool IsReadableWithin(base::Duration time) { return socket_.IsReadableWithin(time); }

  const std::string& received() const { return received_; }
  TcpSocket& socket() { return socket_; }

 private:
  TcpSocket socket_;
  std::string received_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_TEXT_CLIENT_H_
