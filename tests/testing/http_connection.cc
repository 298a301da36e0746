#include "tests/testing/http_connection.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

constexpr std::string_view kStatusLineStart = "HTTP/1.1 ";

// "HTTP/1.1 200 OK"
int ParseStatusLine(const std::string& line) {
  const std::string_view code =
      std::string_view(line).substr(std::min(kStatusLineStart.size(), line.size()), 3);
  int status = 0;
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), status);
  const std::string_view phrase(end, line.data() + line.size());
  if (!line.starts_with(kStatusLineStart) || code.size() != 3 || end != code.data() + 3 ||
      error != std::errc() || phrase.size() < 2 || phrase[0] != ' ') {
    throw Failure(base::Concat("not a status line: ", line));
  }
  return status;
}

// "Name: value"
std::pair<std::string, std::string> ParseField(const std::string& line) {
  const size_t colon = std::min(line.find(": "), line.size());
  const std::string name = line.substr(0, colon);
  const std::string value = line.substr(std::min(colon + 2, line.size()));
  const bool name_is_good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
  const bool value_is_good = !value.empty() &&
                             std::all_of(value.begin(), value.end(), absl::ascii_isprint) &&
                             value.front() != ' ' && value.back() != ' ';
  if (!name_is_good || !value_is_good) throw Failure(base::Concat("not a header field: ", line));
  return {name, value};
}

}  // namespace

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
  std::string text = base::Concat(method, " ", target, " ", version, "\r\nHost: localhost\r\n");
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
  HttpResponse response;
  response.status = ParseStatusLine(ReadLine());
  for (std::string line = ReadLine(); !line.empty(); line = ReadLine()) {
    response.fields.push_back(ParseField(line));
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

std::string HttpConnection::ReadSome(base::Duration patience) {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  return socket_.Receive(patience);
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
