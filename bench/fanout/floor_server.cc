#include "bench/fanout/floor_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "bench/fanout/floor_batch.h"
#include "bench/fanout/payload.h"
#include "internal/base/concat.h"
#include "internal/sse/frame.h"
#include "tests/testing/failure.h"
#include "tests/testing/wait_for.h"

namespace ssegw::bench {
namespace {

using testing::Failure;

// As long as the gateway's.
constexpr std::string_view kEpoch = "floor1";

int Connect(const std::string& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw Failure("the floor cannot be connected to");
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

template <typename T>
void AppendBytesOf(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Events of one topic, at most kMaxFrames of them.
void AppendBatch(std::string& bytes, const NumberedEvent* events, size_t count, uint64_t& seq) {
  std::string frames;
  std::string sizes;
  const base::TimePoint now = base::Now();
  for (size_t i = 0; i < count; ++i) {
    const std::string json = PayloadJson(MakePayload(events[i], now));
    const auto frame = sse::Frame::Create({.json = json});
    frame->Seal(kEpoch, ++seq);
    AppendBytesOf(sizes, static_cast<uint32_t>(frame->chunked().size()));
    frames += frame->chunked();
  }
  AppendBytesOf(bytes, BatchHead{.group = events[0].topic,
                                 .frames = static_cast<uint32_t>(count),
                                 .frame_bytes = static_cast<uint32_t>(frames.size())});
  bytes += sizes;
  bytes += frames;
}

}  // namespace

FloorServer::FloorServer() : process_(SSEGW_BENCH_FLOOR_BINARY, {}) {
  std::string word;
  std::string publish_port;
  testing::WaitFor([&] {
    std::istringstream line(process_.Stdout());
    return static_cast<bool>(line >> word >> port_ >> publish_port) ||
           process_.WaitExit(base::Duration::zero());
  });
  if (publish_port.empty()) throw Failure(base::Concat("the floor: ", process_.Stderr()));
  publish_fd_ = Connect(publish_port);
}

FloorServer::~FloorServer() { close(publish_fd_); }

Target FloorServer::target() const {
  return {.address = base::Concat("127.0.0.1:", port_), .path = "/events", .query = "topic=bench."};
}

void FloorServer::Publish(const std::vector<NumberedEvent>& events) {
  std::string bytes;
  for (size_t i = 0; i < events.size();) {
    size_t end = i + 1;
    while (end < events.size() && end - i < kMaxFrames && events[end].topic == events[i].topic) {
      ++end;
    }
    AppendBatch(bytes, &events[i], end - i, seq_);
    i = end;
  }
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t n = send(publish_fd_, left.data(), left.size(), MSG_NOSIGNAL);
    if (n <= 0) throw Failure("the floor takes no batch");
    left.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace ssegw::bench
