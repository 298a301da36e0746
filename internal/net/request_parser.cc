#include "internal/net/request_parser.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>

#include "internal/base/text.h"

namespace ssegw::net {
namespace {

namespace http = boost::beast::http;

std::string_view View(boost::beast::string_view s) { return {s.data(), s.size()}; }

// What else comes to a port that speaks plain HTTP/1.1, where something before it is set up wrong,
// and what to do then.
struct OtherProtocol {
  std::string_view begins;
  std::string_view detail;
};
constexpr OtherProtocol kOtherProtocols[] = {
    // A record of a handshake, of any version (RFC 8446 section 5.1).
    {"\x16\x03",
     "TLS came to a port that speaks plain HTTP: use http://, or let what is in front end TLS"},
    // https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2.
    {"PROXY ",
     "the PROXY protocol is not spoken here: turn it off in front, and let X-Forwarded-For tell "
     "the "
     "address"},
    {std::string_view("\r\n\r\n\0\r\nQUIT\n", 12),
     "the PROXY protocol (version 2) is not spoken here: turn it off in front, and let "
     "X-Forwarded-For tell the address"},
    // RFC 9113 section 3.4.
    {"PRI * HTTP/2.0\r\n",
     "HTTP/2 came to a port that speaks HTTP/1.1: browsers' side is HTTP/1.1, publishers' (gRPC) "
     "is "
     "grpc_listen"},
};

}  // namespace

struct RequestParser::Parser {
  http::request_parser<http::empty_body> beast;
};

RequestParser::RequestParser() : parser_(std::make_unique<Parser>()) {
  parser_->beast.header_limit(kMaxHeadBytes);
}

RequestParser::~RequestParser() = default;

RequestParser::Result RequestParser::Feed(std::string_view bytes) {
  buffer_ += bytes;
  if (is_first_ && head_bytes_ == 0) {
    for (const OtherProtocol& other : kOtherProtocols) {
      if (buffer_.starts_with(other.begins)) return Refuse(400, other.detail);
      // The empty lines that it begins with are none of HTTP.
      if (other.begins.starts_with(buffer_)) return Result::kNeedMore;
    }
  }
  return Parse();
}

RequestParser::Result RequestParser::Next() {
  is_first_ = false;
  buffer_.erase(0, head_bytes_);
  head_bytes_ = 0;
  parser_ = std::make_unique<Parser>();
  parser_->beast.header_limit(kMaxHeadBytes);
  return Parse();
}

RequestParser::Result RequestParser::Parse() {
  // A client may send an empty line or two before its request line (RFC 9112 section 2.2).
  while (head_bytes_ == 0 && buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
  if (buffer_.empty() || (head_bytes_ == 0 && buffer_ == "\r")) return Result::kNeedMore;
  boost::system::error_code error;
  // Beast takes the request line as soon as it is whole, and then all the fields together.
  head_bytes_ += parser_->beast.put(boost::asio::buffer(buffer_) + head_bytes_, error);
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Refuse(431, "the request's head exceeds 32768 bytes");
  }
  if (error && error != http::error::need_more) {
    if (error == http::error::unexpected_body) return Refuse(413, "a body is not accepted");
    return Refuse(400, "the request is malformed");
  }
  if (!parser_->beast.is_header_done()) {
    if (buffer_.size() > kMaxHeadBytes) {
      return Refuse(431, "the request's head exceeds 32768 bytes");
    }
    return Result::kNeedMore;
  }
  return Check();
}

// Whatever two readers of the same bytes could understand in two ways is refused (RFC 9112 section
// 11).
RequestParser::Result RequestParser::Check() {
  const auto& message = parser_->beast.get();
  const std::string_view head = std::string_view(buffer_).substr(0, head_bytes_);
  if (head.find("\r\n ") != std::string_view::npos ||
      head.find("\r\n\t") != std::string_view::npos) {
    return Refuse(400, "a header field is folded over lines");
  }
  if (message.version() != 10 && message.version() != 11) {
    return Refuse(400, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  const size_t hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
    return Refuse(400, "exactly one Host field is expected");
  }
  const size_t lengths = message.count(http::field::content_length);
  const bool transfer_encoding = message.count(http::field::transfer_encoding) > 0;
  if (lengths > 1 || (lengths > 0 && transfer_encoding)) {
    return Refuse(400, "the length of the body is ambiguous");
  }
  if (transfer_encoding || (lengths == 1 && message[http::field::content_length] != "0")) {
    return Refuse(413, "a body is not accepted");
  }
  return Result::kRequest;
}

RequestParser::Result RequestParser::Refuse(int status, std::string_view detail) {
  refusal_ = status;
  refusal_detail_ = detail;
  return Result::kRefused;
}

HttpRequest RequestParser::request() const {
  const auto& message = parser_->beast.get();
  HttpRequest request;
  request.method = View(message.method_string());
  request.target = View(message.target());
  // The absolute form is for proxies, but a server takes it too (RFC 9112 section 3.2.2).
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!base::EqualsIgnoreCase(request.target.substr(0, scheme.size()), scheme)) continue;
    const size_t path = request.target.find_first_of("/?", scheme.size());
    request.target = path == std::string_view::npos ? "/" : request.target.substr(path);
    break;
  }
  for (const auto& field : message) {
    request.fields.push_back({.name = View(field.name_string()), .value = View(field.value())});
  }
  return request;
}

bool RequestParser::chunked_allowed() const { return parser_->beast.get().version() == 11; }

bool RequestParser::keep_alive() const { return parser_->beast.get().keep_alive(); }

}  // namespace ssegw::net
