#include "gateway/probe/ask.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/file_descriptor.h"
#include "internal/log/quote.h"

namespace ssegw::probe {
namespace {

// Read of an answer that is not 200, for the first line of its body.
constexpr size_t kMaxAnswerBytes = 4096;
constexpr size_t kMaxShownBytes = 128;
constexpr std::string_view kLocalhost = "localhost";

struct SocketAddress {
  int family = 0;
  std::vector<char> bytes;
};

struct Resolved {
  std::vector<SocketAddress> addresses;
  std::string error;
};

base::FileDescriptor NewSocket(int family) {
  return base::FileDescriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::string ErrorText(int error) { return std::generic_category().message(error); }

Resolved Resolve(const config::Address& address) {
  if (address.is_unix()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    address.path.copy(name.sun_path, sizeof(name.sun_path) - 1);
    const char* const bytes = reinterpret_cast<const char*>(&name);
    return {.addresses = {{.family = AF_UNIX, .bytes = {bytes, bytes + sizeof(name)}}},
            .error = {}};
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  // A null host means loopback, by IPv6 and by IPv4. That is what localhost is (RFC 6761 section
  // 6.3), but a container may have no file that says so.
  const char* const host = address.host == kLocalhost ? nullptr : address.host.c_str();
  const int error = ::getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return {.addresses = {}, .error = ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  Resolved resolved;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    const char* const bytes = reinterpret_cast<const char*>(a->ai_addr);
    resolved.addresses.push_back({.family = a->ai_family, .bytes = {bytes, bytes + a->ai_addrlen}});
  }
  return resolved;
}

// getaddrinfo knows no deadline; a lookup that is late is left running until the process ends.
Resolved ResolveUntil(const config::Address& address, base::TimePoint deadline) {
  auto promise = std::make_shared<std::promise<Resolved>>();
  std::future<Resolved> future = promise->get_future();
  std::thread([promise, address] { promise->set_value(Resolve(address)); }).detach();
  if (future.wait_until(deadline) != std::future_status::ready) {
    return {.addresses = {}, .error = "no answer in time"};
  }
  return future.get();
}

// Waits until the socket is ready; false if it is not by the deadline.
bool BecomesReady(int fd, short events, base::TimePoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::Now()).count();
    if (left <= 0) return false;
    pollfd polled{.fd = fd, .events = events, .revents = 0};
    const int n = ::poll(&polled, 1, static_cast<int>(left));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

// Returns what went wrong; empty if it is connected.
std::string Connect(const base::FileDescriptor& socket, const SocketAddress& address,
                    base::TimePoint deadline) {
  if (socket.get() < 0) return ErrorText(errno);
  const auto* const name = reinterpret_cast<const sockaddr*>(address.bytes.data());
  if (::connect(socket.get(), name, static_cast<socklen_t>(address.bytes.size())) == 0) return "";
  if (errno != EINPROGRESS) return ErrorText(errno);
  if (!BecomesReady(socket.get(), POLLOUT, deadline)) return "no answer in time";
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : ErrorText(error);
}

// Returns what went wrong; empty if all is sent.
std::string SendAll(const base::FileDescriptor& socket, std::string_view text,
                    base::TimePoint deadline) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EAGAIN && errno != EINTR) {
      return ErrorText(errno);
    } else if (!BecomesReady(socket.get(), POLLOUT, deadline)) {
      return "no answer in time";
    }
  }
  return "";
}

// "HTTP/1.1 200 OK" as 200; 0 if it is not a status line.
int StatusOf(std::string_view line) {
  const bool is_status_line = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                              std::all_of(line.begin() + 9, line.begin() + 12, base::IsDigit) &&
                              (line.size() == 12 || line[12] == ' ');
  return is_status_line ? (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0') : 0;
}

// The status of a whole answer, and the first line of its body.
std::string TextOf(int status, std::string_view answer) {
  const size_t head_end = answer.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return std::to_string(status);
  std::string_view line = answer.substr(head_end + 4);
  line = line.substr(0, std::min(line.find_first_of("\r\n"), kMaxShownBytes));
  if (line.empty()) return std::to_string(status);
  std::string shown;
  log::AppendLogfmtValue(shown, line);
  return base::Concat(status, ' ', shown);
}

Answer ReadAnswer(const base::FileDescriptor& socket, base::TimePoint deadline) {
  std::string answer;
  int status = 0;
  std::array<char, 1024> buffer;
  while (answer.size() < kMaxAnswerBytes && BecomesReady(socket.get(), POLLIN, deadline)) {
    const ssize_t n = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0 && status == 0) return {.is_ok = false, .text = ErrorText(errno)};
    if (n <= 0) break;
    answer.append(buffer.data(), static_cast<size_t>(n));
    const size_t end = answer.find("\r\n");
    if (status != 0 || end == std::string::npos) continue;
    status = StatusOf(std::string_view(answer).substr(0, end));
    if (status == 0) return {.is_ok = false, .text = "the answer is not HTTP/1.1"};
    // The rest is not read: the body may be endless.
    if (status == 200) return {.is_ok = true, .text = "200"};
  }
  if (status != 0) return {.is_ok = false, .text = TextOf(status, answer)};
  const bool late = base::Now() >= deadline;
  return {.is_ok = false, .text = late ? "no answer in time" : "the answer has no status line"};
}

}  // namespace

Answer Ask(const config::Address& address, const std::string& path, base::Duration timeout) {
  const base::TimePoint deadline = base::Now() + timeout;
  const Resolved resolved = ResolveUntil(address, deadline);
  if (!resolved.error.empty()) return {.is_ok = false, .text = resolved.error};
  const std::string request = base::Concat(
      "GET ", path, " HTTP/1.1\r\nHost: ", address.is_unix() ? "localhost" : address.ToString(),
      "\r\nUser-Agent: sse-gateway-probe\r\nConnection: close\r\n\r\n");
  std::string error;
  for (const SocketAddress& candidate : resolved.addresses) {
    const base::FileDescriptor socket = NewSocket(candidate.family);
    error = Connect(socket, candidate, deadline);
    if (!error.empty()) continue;
    error = SendAll(socket, request, deadline);
    if (!error.empty()) break;
    return ReadAnswer(socket, deadline);
  }
  return {.is_ok = false, .text = error};
}

}  // namespace ssegw::probe
