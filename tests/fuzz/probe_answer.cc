// What a probe reads from whatever listens where it was sent.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/probe/ask.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

// Answers the next peer, whatever it asks, and goes.
class Server {
 public:
  Server()
      : path_(base::Concat(std::filesystem::temp_directory_path().string(), "/fuzz-probe-",
                           ::getpid())) {
    ::unlink(path_.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Holds(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
              ::listen(fd_, 1) == 0,
          "the harness listens");
  }
  const std::string& path() const { return path_; }
  void Answer(std::string_view text) const {
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    // The probe sends all it has before it reads.
    char request[512];
    (void)!::read(peer, request, sizeof(request));
    while (!text.empty()) {
      const ssize_t n = ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) break;
      text.remove_prefix(static_cast<size_t>(n));
    }
    ::close(peer);
  }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace

void ProbeAnswer(std::string_view input) {
  static const Server& server = *new Server();
  std::thread thread([&] { server.Answer(input); });
  const probe::Answer answer =
      probe::Ask({.path = server.path()}, "/readyz", std::chrono::seconds(5));
  thread.join();
  Holds(
      !answer.text.empty() && answer.text.size() < 1024 && !base::HasControlCharacter(answer.text),
      "an answer is told in one line");
  const bool is_200 = input.size() > 13 && input.starts_with("HTTP/1.") &&
                      input.substr(8, 4) == " 200" &&
                      (input[12] == ' ' || input.substr(12, 2) == "\r\n") &&
                      input.substr(0, 4096).find("\r\n") != std::string_view::npos;
  Holds(answer.is_ok == is_200, "200 is 200, and nothing else is");
}

}  // namespace ssegw::fuzz
