#include "bench/fanout/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {

std::vector<std::string> FreePorts(size_t count) {
  std::vector<int> fds;
  std::vector<std::string> ports;
  for (size_t i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    fds.push_back(fd);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw testing::Failure("no port is free");
    }
    ports.push_back(base::Concat(ntohs(address.sin_port)));
  }
  for (const int fd : fds) close(fd);
  return ports;
}

}  // namespace ssegw::bench
