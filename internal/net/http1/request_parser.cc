#include "internal/net/http1/request_parser.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/none.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/host.h"
#include "internal/base/text.h"

namespace ssegw::net {
namespace {

namespace http = boost::beast::http;

// The last chunk and the empty line behind it. Beast 1.74 wants at least so much of them at once,
// and less cannot be the end of a body.
constexpr size_t kShortestEndOfChunks = std::string_view("0\r\n\r\n").size();

std::string_view View(boost::beast::string_view s) { return {s.data(), s.size()}; }

// What an HTTP/2 session begins with (RFC 9113 section 3.4), as far as a line goes.
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n";

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
    {kHttp2Preface,
     "HTTP/2 came to a port that speaks HTTP/1.1: browsers and their proxies belong at "
     "http_listen, "
     "publishers (gRPC) at grpc_listen"},
};

}  // namespace

struct RequestParser::Parser {
  // The message, without its body, whichever of the two parsers has it.
  const http::request_header<>& message() const {
    return body ? body->get().base() : head.get().base();
  }

  http::request_parser<http::empty_body> head;
  // After ReadBody, instead of it.
  std::unique_ptr<http::request_parser<http::string_body>> body;
};

RequestParser::RequestParser(bool http2) : http2_(http2) { BeginRequest(); }

RequestParser::~RequestParser() = default;

void RequestParser::BeginRequest() {
  parser_ = std::make_unique<Parser>();
  // A body is read only by another parser.
  parser_->head.body_limit(boost::none);
  head_bytes_ = 0;
  looked_at_ = 0;
  empty_line_bytes_ = 0;
  has_body_ = false;
  has_request_ = false;
}

RequestParser::Result RequestParser::Feed(std::string_view bytes) {
  buffer_ += bytes;
  if (is_first_ && head_bytes_ == 0 && empty_line_bytes_ == 0) {
    for (const OtherProtocol& other : kOtherProtocols) {
      if (buffer_.starts_with(other.begins)) {
        const bool is_spoken = http2_ && other.begins == kHttp2Preface;
        return is_spoken ? Result::kHttp2 : Refuse(400, other.detail);
      }
      // The empty lines that it begins with are none of HTTP.
      if (other.begins.starts_with(buffer_)) return Result::kNeedMore;
    }
  }
  return has_request_ ? ParseBody() : Parse();
}

RequestParser::Result RequestParser::Next() {
  ReleaseRequest();
  return Parse();
}

void RequestParser::ReleaseRequest() {
  if (head_bytes_ == 0) return;
  is_first_ = false;
  buffer_.erase(0, head_bytes_);
  buffer_.shrink_to_fit();
  base::Release(target_storage_);
  BeginRequest();
}

void RequestParser::ReleaseAll() {
  base::Release(buffer_);
  base::Release(target_storage_);
  head_bytes_ = 0;
  has_request_ = false;
  parser_ = nullptr;
}

bool RequestParser::SkipEmptyLines() {
  size_t bytes = 0;
  while (std::string_view(buffer_).substr(bytes).starts_with("\r\n")) bytes += 2;
  if (bytes > 0) looked_at_ = 0;
  buffer_.erase(0, bytes);
  empty_line_bytes_ += bytes;
  if (empty_line_bytes_ >= kMaxHeadBytes) return false;
  parser_->head.header_limit(static_cast<std::uint32_t>(kMaxHeadBytes - empty_line_bytes_));
  return true;
}

bool RequestParser::HasMoreToParse() {
  const size_t before = std::exchange(looked_at_, buffer_.size());
  return head_bytes_ > 0 || before == 0 || buffer_.find('\n', before) != std::string::npos;
}

RequestParser::Result RequestParser::Parse() {
  if (head_bytes_ == 0 && !SkipEmptyLines()) return RefuseLength();
  if (buffer_.empty() || (head_bytes_ == 0 && buffer_ == "\r")) return Result::kNeedMore;
  if (HasMoreToParse()) {
    boost::system::error_code error;
    // Beast takes the request line as soon as it is whole, and then all the fields together.
    head_bytes_ += parser_->head.put(boost::asio::buffer(buffer_) + head_bytes_, error);
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return RefuseLength();
    }
    if (error && error != http::error::need_more) {
      return Refuse(400, "the request is malformed");
    }
    if (parser_->head.is_header_done()) return Check();
  }
  return buffer_.size() + empty_line_bytes_ > kMaxHeadBytes ? RefuseLength() : Result::kNeedMore;
}

// Whatever two readers of the same bytes could understand in two ways is refused (RFC 9112 section
// 11).
RequestParser::Result RequestParser::Check() {
  const auto& message = parser_->message();
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
  const bool is_url = SplitTarget();
  if ((is_url || hosts == 1) && !base::Host::Parse(host_)) {
    return Refuse(400, "the Host field, or that of the target, is not a host");
  }
  has_body_ = transfer_encoding || parser_->head.content_length().value_or(0) > 0;
  has_request_ = true;
  return Result::kRequest;
}

RequestParser::Result RequestParser::ReadBody(size_t max_bytes) {
  if (parser_->head.content_length().value_or(0) > max_bytes) {
    return RefuseBodyLength();
  }
  parser_->body =
      std::make_unique<http::request_parser<http::string_body>>(std::move(parser_->head));
  parser_->body->body_limit(max_bytes);
  parser_->body->eager(true);
  return ParseBody();
}

RequestParser::Result RequestParser::ParseBody() {
  auto& body = *parser_->body;
  const size_t left = buffer_.size() - head_bytes_;
  if (body.chunked() && left < kShortestEndOfChunks) return Result::kNeedMore;
  if (!body.is_done()) {
    boost::system::error_code error;
    // The parser copies what it takes into the body. The head stays: views of it are used.
    const size_t taken = body.put(boost::asio::buffer(buffer_) + head_bytes_, error);
    buffer_.erase(head_bytes_, taken);
    if (error == http::error::body_limit) return RefuseBodyLength();
    if (error && error != http::error::need_more) return Refuse(400, "the body is malformed");
  }
  if (body.is_done()) return Result::kBody;
  // What belongs to no chunk: a line that announces one, or trailers.
  const bool is_bounded = buffer_.size() - head_bytes_ <= kMaxHeadBytes;
  return is_bounded ? Result::kNeedMore : Refuse(400, "the body's chunks are malformed");
}

std::string RequestParser::TakeBody() { return std::move(parser_->body->get().body()); }

bool RequestParser::expects_continue() const {
  const auto& message = parser_->message();
  return message.version() == 11 &&
         base::EqualsIgnoreCase(View(message[http::field::expect]), "100-continue");
}

size_t RequestParser::buffer_bytes() const {
  const bool has_body = parser_ != nullptr && parser_->body;
  return buffer_.capacity() + (has_body ? parser_->body->get().body().capacity() : 0);
}

// The absolute form is for proxies, but a server takes it too, and then its host counts (RFC 9112
// section 3.2.2).
bool RequestParser::SplitTarget() {
  const auto& message = parser_->message();
  target_ = View(message.target());
  host_ = View(message[http::field::host]);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!base::EqualsIgnoreCase(target_.substr(0, scheme.size()), scheme)) continue;
    target_.remove_prefix(scheme.size());
    const size_t path = target_.find_first_of("/?");
    host_ = target_.substr(0, path);
    target_ = path == std::string_view::npos ? std::string_view("/") : target_.substr(path);
    // "http://host?query" (RFC 9110 section 4.2.3).
    if (target_.starts_with('?')) target_ = target_storage_ = base::Concat('/', target_);
    return true;
  }
  return false;
}

RequestParser::Result RequestParser::RefuseBodyLength() {
  return Refuse(413, "the request's body is longer than is taken");
}

RequestParser::Result RequestParser::RefuseLength() {
  return Refuse(431, "the request's head exceeds 32768 bytes");
}

RequestParser::Result RequestParser::Refuse(int status, std::string_view detail) {
  refusal_ = status;
  refusal_detail_ = detail;
  return Result::kRefused;
}

HttpRequest RequestParser::request() const {
  const auto& message = parser_->message();
  HttpRequest request;
  request.method = View(message.method_string());
  request.target = target_;
  request.host = host_;
  request.has_body = has_body_;
  for (const auto& field : message) {
    request.fields.push_back({.name = View(field.name_string()), .value = View(field.value())});
  }
  return request;
}

bool RequestParser::chunked_allowed() const { return parser_->message().version() == 11; }

bool RequestParser::keep_alive() const {
  return parser_->body ? parser_->body->get().keep_alive() : parser_->head.get().keep_alive();
}

}  // namespace ssegw::net
