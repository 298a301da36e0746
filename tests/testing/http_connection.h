#ifndef SSEGW_TESTS_TESTING_HTTP_CONNECTION_H_
#define SSEGW_TESTS_TESTING_HTTP_CONNECTION_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/testing/tcp_socket.h"

namespace ssegw::testing {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  HttpFields fields;
  std::string body;

  // The only field of that name, in any case of letters; nullopt if there is none. Failure if there
  // are several.
  std::optional<std::string> Find(std::string_view name) const;
  // The same, or "".
  std::string Get(std::string_view name) const { return Find(name).value_or(""); }
};

// The text of a request without a body, with Host.
std::string RequestText(std::string_view method, std::string_view target,
                        const HttpFields& fields = {}, std::string_view version = "HTTP/1.1");

// An HTTP/1.x connection that holds the gateway to the letter: lines end with CRLF, a field is
// "Name: value", a body has a Content-Length or ends with the connection.
//
// Errors: Failure for every deviation.
class HttpConnection {
 public:
  explicit HttpConnection(const std::string& address, const TcpOptions& options = {});

  void Send(std::string_view bytes) { socket_.Send(bytes); }

  HttpResponse ReadHead();
  // head_only: the answer is to a HEAD, which has no body whatever its fields say.
  HttpResponse ReadResponse(bool head_only = false);
  HttpResponse Get(std::string_view target, const HttpFields& fields = {});

  // More bytes of the body, at least one; empty at the end.
  std::string ReadSome(base::Duration patience = kPatience);
  // True if the gateway closes, without another byte.
  bool IsClosed();

  TcpSocket& socket() { return socket_; }

 private:
  std::string ReadLine();

  TcpSocket socket_;
  std::string buffer_;
};

// One request on a connection of its own.
HttpResponse HttpGet(const std::string& address, std::string_view target,
                     const HttpFields& fields = {});
HttpResponse HttpExchange(const std::string& address, std::string_view request);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_HTTP_CONNECTION_H_
