#ifndef SSEGW_TESTS_TESTING_TLS_CLIENT_H_
#define SSEGW_TESTS_TESTING_TLS_CLIENT_H_

#include <string>
#include <string_view>

#include "tests/testing/tcp_socket.h"
#include "tests/testing/tls_peer.h"

namespace ssegw::testing {

// A TLS client that keeps all text that has come.
//
// Errors: as TcpSocket.
class TlsClient {
 public:
  // address: "127.0.0.1:8080".
  explicit TlsClient(const std::string& address, const TlsClientOptions& options = {},
                     const TcpOptions& tcp = {})
      : socket_(address, tcp), peer_(options) {}

  // False: the server refuses; peer().error() may say why.
  bool ShakeHands();
  void Send(std::string_view text);
  void Get(std::string_view target);
  // Reads until what has come contains text; false if the stream ends before.
  bool ReadUntil(std::string_view text);
  void ReadToEnd();
  // Reads once; false if the peer has closed.
  bool ReadSome();

  const std::string& received() const { return received_; }
  TlsPeer& peer() { return peer_; }
  TcpSocket& socket() { return socket_; }

 private:
  void SendOutput();

  TcpSocket socket_;
  TlsPeer peer_;
  std::string received_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_TLS_CLIENT_H_
