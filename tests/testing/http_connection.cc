#include "tests/testing/http_connection.h"

#include <charconv>
#include <regex>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {

std::optional<std::string> HttpResponse::Find(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [field, value] : fields) {
    if (!base::EqualsIgnoreCase(field, name)) continue;
    if (found) throw Failure(base::Concat("more than one field ", name));
    found = value;
  }
  return found;
}

std::string RequestText(std::string_view method, std::string_view target, const HttpFields& fields,
                        std::string_view version) {
  std::string text = base::Concat(method, " ", target, " ", version, "\r\nHost: gateway\r\n");
  for (const auto& [name, value] : fields) text += base::Concat(name, ": ", value, "\r\n");
  return text + "\r\n";
}

HttpConnection::HttpConnection(const std::string& address, const TcpOptions& options)
    : socket_(address, options) {}

std::string HttpConnection::ReadLine() {
  size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    const std::string bytes = socket_.Receive();
    if (bytes.empty()) {
      throw Failure(base::Concat("the gateway closed amid a response's head, after: ", buffer_));
    }
    buffer_ += bytes;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

HttpResponse HttpConnection::ReadHead() {
  static const std::regex status_line(R"((HTTP/1\.1) (\d{3}) ([A-Za-z ]+))");
  static const std::regex field(
      R"(([A-Za-z][A-Za-z0-9-]*): ([\x21-\x7E](?:[\x20-\x7E]*[\x21-\x7E])?))");
  HttpResponse response;
  std::smatch match;
  const std::string first = ReadLine();
  if (!std::regex_match(first, match, status_line)) {
    throw Failure(base::Concat("not a status line: ", first));
  }
  response.version = match[1];
  response.status = std::stoi(match[2]);
  for (std::string line = ReadLine(); !line.empty(); line = ReadLine()) {
    if (!std::regex_match(line, match, field)) {
      throw Failure(base::Concat("not a header field: ", line));
    }
    response.fields.emplace_back(match[1], match[2]);
  }
  return response;
}

HttpResponse HttpConnection::ReadResponse(bool head_only) {
  HttpResponse response = ReadHead();
  if (head_only || response.status == 204 || response.status == 304) return response;
  if (response.Find("Transfer-Encoding")) throw Failure("a chunked body where none was expected");
  const std::optional<std::string> length = response.Find("Content-Length");
  if (!length && response.Get("Connection") != "close") {
    throw Failure("a body that has no end: neither Content-Length nor Connection: close");
  }
  size_t bytes = std::string::npos;
  if (length) std::from_chars(length->data(), length->data() + length->size(), bytes);
  while (buffer_.size() < bytes) {
    const std::string more = socket_.Receive();
    if (more.empty()) {
      if (length) throw Failure("the gateway closed amid a response's body");
      break;
    }
    buffer_ += more;
  }
  response.body = buffer_.substr(0, bytes);
  buffer_.erase(0, response.body.size());
  return response;
}

HttpResponse HttpConnection::Get(std::string_view target, const HttpFields& fields) {
  Send(RequestText("GET", target, fields));
  return ReadResponse();
}

std::string HttpConnection::ReadSome() {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  return socket_.Receive();
}

bool HttpConnection::IsClosed() { return ReadSome().empty(); }

HttpResponse HttpGet(const std::string& address, std::string_view target,
                     const HttpFields& fields) {
  return HttpConnection(address).Get(target, fields);
}

HttpResponse HttpExchange(const std::string& address, std::string_view request) {
  HttpConnection connection(address);
  connection.Send(request);
  return connection.ReadResponse();
}

}  // namespace ssegw::testing
