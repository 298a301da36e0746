#ifndef SSEGW_TESTS_TESTING_TLS_PEER_H_
#define SSEGW_TESTS_TESTING_TLS_PEER_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ssegw::testing {

// What a client of TLS wants.
struct TlsClientOptions {
  // PEM; empty: any certificate will do.
  std::string ca = {};
  std::string server_name = "localhost";
  // ALPN, the preferred first; empty: none.
  std::vector<std::string> protocols = {};
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  // Of an earlier connection, to be resumed.
  std::shared_ptr<SSL_SESSION> session = nullptr;
  // PEM, of its own certificate; empty: none.
  std::string certificate = {};
  std::string key = {};
};

// The client's side of TLS, without a socket: what it sends is taken out of it, what comes is put
// into it, in any pieces.
//
// Thread: one.
// Errors: Failure where the library refuses something.
class TlsPeer {
 public:
  explicit TlsPeer(const TlsClientOptions& options = {});
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // Bytes of the socket that have come.
  void Feed(std::string_view bytes);
  // Bytes for the socket.
  std::string TakeOutput();

  // Goes as far as it can. True: hands are shaken.
  bool ShakeHands();
  void Write(std::string_view text);
  // All application data that has come.
  std::string Read();
  // Says goodbye.
  void End();

  // The server has said goodbye.
  bool ended() const;
  // What went wrong for good; empty: nothing.
  const std::string& error() const { return error_; }
  bool resumed() const;
  std::string protocol() const;
  int version() const;
  // The common name of the server's certificate.
  std::string certificate_name() const;
  // The newest ticket's; null: none has come.
  std::shared_ptr<SSL_SESSION> session() const;
  int tickets() const { return *tickets_; }
  SSL* ssl() const { return ssl_; }

 private:
  // Keeps what went wrong, if it is more than a wait.
  void Note(int result);

  SSL_CTX* context_;
  SSL* ssl_;
  std::string error_;
  // OpenSSL's callback fills them in.
  std::unique_ptr<std::shared_ptr<SSL_SESSION>> session_;
  std::unique_ptr<int> tickets_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_TLS_PEER_H_
