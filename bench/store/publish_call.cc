#include "bench/store/publish_call.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/testing/failure.h"
#include "tests/testing/http2_field.h"

namespace ssegw::bench {
namespace {

// Of a message of gRPC: a flag and a length.
constexpr size_t kPrefixBytes = 5;
// Messages that are made ahead of what flow control lets out.
constexpr size_t kMadeBytes = size_t{64} * 1024;
constexpr int32_t kWindow = 1 << 20;

int Connect(const std::string& address) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  const size_t colon = address.rfind(':');
  peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    throw testing::Failure(base::Concat("cannot connect to ", address));
  }
  return fd;
}

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 128; value /= 128) out += static_cast<char>(value % 128 + 128);
  out += static_cast<char>(value);
}

void AppendBigEndian32(std::string& out, size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

// PublishStreamRequest, as a message of gRPC.
void AppendRequest(std::string& out, uint64_t request_id, const std::string& event) {
  std::string fields = "\x08";  // request_id = 1
  AppendVarint(fields, request_id);
  fields += "\x12";  // event = 2
  AppendVarint(fields, event.size());
  out += '\0';
  AppendBigEndian32(out, fields.size() + event.size());
  out += fields;
  out += event;
}

}  // namespace

struct PublishCall::Callbacks {
  static PublishCall& Of(void* call) { return *static_cast<PublishCall*>(call); }

  static ssize_t Read(nghttp2_session*, int32_t, uint8_t* into, size_t room, uint32_t*,
                      nghttp2_data_source* source, void*) {
    const size_t given = Of(source->ptr).Give(into, room);
    return given == 0 ? ssize_t{NGHTTP2_ERR_DEFERRED} : static_cast<ssize_t>(given);
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t, const uint8_t* data, size_t size,
                    void* call) {
    Of(call).Take({reinterpret_cast<const char*>(data), size});
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t, uint32_t, void* call) {
    Of(call).fault_ = "the call has ended";
    return 0;
  }
};

PublishCall::PublishCall(const std::string& address, const std::vector<std::string>& events)
    : events_(events), socket_(Connect(address)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClose);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  const nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &window, 1);
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindow);
  const std::array<nghttp2_nv, 6> fields = {
      testing::Http2Field(":method", "POST"),
      testing::Http2Field(":scheme", "http"),
      testing::Http2Field(":path", "/ssegateway.v1.PublisherService/PublishStream"),
      testing::Http2Field(":authority", address),
      testing::Http2Field("content-type", "application/grpc"),
      testing::Http2Field("te", "trailers")};
  const nghttp2_data_provider data = {.source = {.ptr = this}, .read_callback = Callbacks::Read};
  stream_ = nghttp2_submit_request(session, nullptr, fields.data(), fields.size(), &data, nullptr);
}

PublishCall::~PublishCall() = default;

void PublishCall::Advance() {
  Receive();
  if (given_ - acknowledged_ < on_their_way_ || given_at_ < messages_.size()) {
    nghttp2_session_resume_data(session_.get(), stream_);
  }
  Send();
  if (!fault_.empty()) throw testing::Failure(fault_);
}

void PublishCall::Receive() {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = recv(fd(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) throw testing::Failure("the gateway has closed the connection");
    const auto* const bytes = reinterpret_cast<const uint8_t*>(buffer.data());
    if (nghttp2_session_mem_recv(session_.get(), bytes, static_cast<size_t>(got)) != got) {
      throw testing::Failure("the gateway does not keep to HTTP/2");
    }
    if (static_cast<size_t>(got) < buffer.size()) return;
  }
}

void PublishCall::Take(std::string_view bytes) {
  answers_ += bytes;
  std::string_view left = answers_;
  while (left.size() >= kPrefixBytes) {
    size_t size = 0;
    for (size_t i = 1; i < kPrefixBytes; ++i) size = size << 8 | static_cast<uint8_t>(left[i]);
    if (left.size() < kPrefixBytes + size) break;
    TakeAnswer(left.substr(kPrefixBytes, size));
    left.remove_prefix(kPrefixBytes + size);
  }
  answers_.erase(0, answers_.size() - left.size());
}

void PublishCall::TakeAnswer(std::string_view message) {
  ssegateway::v1::PublishStreamResponse response;
  if (!response.ParseFromArray(message.data(), static_cast<int>(message.size())) ||
      response.request_id() != acknowledged_ + 1 || response.id().empty()) {
    fault_ = base::Concat("answer ", acknowledged_ + 1, " is ", response.ShortDebugString());
  }
  ++acknowledged_;
}

size_t PublishCall::Give(uint8_t* into, size_t room) {
  if (given_at_ == messages_.size()) {
    messages_.clear();
    given_at_ = 0;
    while (given_ - acknowledged_ < on_their_way_ && messages_.size() < kMadeBytes) {
      const std::string& event = events_[given_ % events_.size()];
      AppendRequest(messages_, ++given_, event);
    }
  }
  const size_t given = std::min(room, messages_.size() - given_at_);
  std::copy_n(messages_.data() + given_at_, given, into);
  given_at_ += given;
  return given;
}

void PublishCall::Send() {
  for (;;) {
    const uint8_t* frames = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &frames);
    if (size <= 0) break;
    unsent_.append(reinterpret_cast<const char*>(frames), static_cast<size_t>(size));
  }
  while (sent_ < unsent_.size()) {
    const ssize_t took = send(fd(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (took < 0 && errno == EAGAIN) return;
    if (took < 0) throw testing::Failure("the gateway has closed the connection");
    sent_ += static_cast<size_t>(took);
  }
  unsent_.clear();
  sent_ = 0;
}

}  // namespace ssegw::bench
