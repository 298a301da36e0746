#include "tests/testing/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

#include "tests/testing/failure.h"
#include "tests/testing/http2_field.h"

namespace ssegw::testing {
namespace {

constexpr size_t kDefaultWindow = 65'535;

void Literal(std::string& out, std::string_view text) {
  // An integer with a prefix of seven bits (RFC 7541 section 5.1).
  size_t size = text.size();
  if (size < 127) {
    out += static_cast<char>(size);
  } else {
    out += '\x7f';
    for (size -= 127; size >= 128; size /= 128) out += static_cast<char>(size % 128 + 128);
    out += static_cast<char>(size);
  }
  out += text;
}

}  // namespace

struct Http2Client::Callbacks {
  static Http2Client& Of(void* user_data) { return *static_cast<Http2Client*>(user_data); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user_data) {
    Answer& answer = Of(user_data).answers_[frame->hd.stream_id];
    const std::string field(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    if (field == ":status") {
      answer.status = std::stoi(text);
    } else {
      answer.fields.emplace_back(field, text);
    }
    return 0;
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                    void* user_data) {
    Of(user_data).answers_[stream].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Http2Client& client = Of(user_data);
    const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      client.answers_[frame->hd.stream_id].ended = true;
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      client.answers_[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    }
    return 0;
  }
  static int OnInvalid(nghttp2_session*, const nghttp2_frame* frame, int error, void*) {
    throw Failure("against the protocol: a frame of type " + std::to_string(frame->hd.type) + ": " +
                  nghttp2_strerror(error));
  }
  static ssize_t Read(nghttp2_session*, int32_t stream, uint8_t* buffer, size_t length,
                      uint32_t* flags, nghttp2_data_source*, void* user_data) {
    std::string& body = Of(user_data).bodies_[stream];
    const size_t bytes = std::min(length, body.size());
    std::copy_n(body.begin(), bytes, buffer);
    body.erase(0, bytes);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(bytes);
  }
};

std::string Http2Client::Answer::Get(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return {};
}

Http2Client::Http2Client(const std::string& address, const Http2Options& options)
    : socket_(address, options.tcp), authority_(address) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, Callbacks::OnInvalid);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, options.credits ? 0 : 1);
  nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  if (options.connection_window > kDefaultWindow) {
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<int32_t>(options.connection_window));
  }
  Flush();
}

Http2Client::~Http2Client() { nghttp2_session_del(session_); }

int32_t Http2Client::Request(std::string_view method, std::string_view path,
                             const HttpFields& fields, std::optional<std::string> body) {
  std::vector<nghttp2_nv> all = {Http2Field(":method", method), Http2Field(":scheme", "http"),
                                 Http2Field(":authority", authority_), Http2Field(":path", path)};
  for (const auto& [name, value] : fields) all.push_back(Http2Field(name, value));
  const nghttp2_data_provider data{.source = {}, .read_callback = Callbacks::Read};
  const int32_t stream = nghttp2_submit_request(session_, nullptr, all.data(), all.size(),
                                                body ? &data : nullptr, nullptr);
  if (body) bodies_[stream] = *std::move(body);
  Flush();
  return stream;
}

void Http2Client::Flush() {
  std::string out;
  for (;;) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size <= 0) break;
    out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  if (!out.empty()) socket_.Send(out);
}

void Http2Client::Feed(const std::string& bytes) {
  if (bytes.empty()) {
    closed_ = true;
    return;
  }
  NoteFrames(bytes);
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0)
    throw Failure(std::string("against the protocol: ") +
                  nghttp2_strerror(static_cast<int>(taken)));
  Flush();
}

// The library no longer looks at what comes once it has been told to go away.
void Http2Client::NoteFrames(std::string_view bytes) {
  constexpr size_t kHead = 9;
  const auto number = [this](size_t at, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; ++i) {
      value = value << 8 | static_cast<unsigned char>(unseen_[at + static_cast<size_t>(i)]);
    }
    return value;
  };
  unseen_ += bytes;
  while (unseen_.size() >= kHead) {
    const Frame frame{.type = static_cast<uint8_t>(unseen_[3]),
                      .stream = static_cast<int32_t>(number(5, 4)),
                      .length = number(0, 3),
                      .flags = static_cast<uint8_t>(unseen_[4])};
    if (unseen_.size() < kHead + frame.length) return;
    frames_.push_back(frame);
    if (frame.type == NGHTTP2_GOAWAY) {
      goaways_.push_back(
          {.last_stream = static_cast<int32_t>(number(kHead, 4)), .error = number(kHead + 4, 4)});
    }
    unseen_.erase(0, kHead + frame.length);
  }
}

bool Http2Client::ReadUntil(const std::function<bool()>& condition) {
  while (!condition()) {
    if (closed_) return false;
    Feed(socket_.Receive());
  }
  return true;
}

bool Http2Client::ReadUntil(int32_t stream, std::string_view text) {
  return ReadUntil([&] { return answers_[stream].body.find(text) != std::string::npos; });
}

bool Http2Client::ReadToEnd(int32_t stream) {
  return ReadUntil([&] { return answers_[stream].ended || answers_[stream].reset; });
}

bool Http2Client::ReadGoaways(size_t count) {
  return ReadUntil([&] { return goaways_.size() >= count; });
}

bool Http2Client::ReadToClose() {
  ReadUntil([] { return false; });
  return closed_;
}

void Http2Client::ReadFor(base::Duration time) {
  const base::TimePoint end = base::Now() + time;
  while (!closed_) {
    const base::Duration left = end - base::Now();
    if (left <= base::Duration::zero()) return;
    const std::optional<std::string> bytes = socket_.ReceiveWithin(left);
    if (!bytes) return;
    Feed(*bytes);
  }
}

void Http2Client::Credit(int32_t stream, uint32_t bytes) {
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, stream, static_cast<int32_t>(bytes));
  Flush();
}

void Http2Client::Reset(int32_t stream, uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error);
  Flush();
}

void Http2Client::SetStreamWindow(uint32_t bytes) {
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, bytes};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  Flush();
}

void Http2Client::Ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  Flush();
}

uint32_t Http2Client::setting(uint16_t number) const {
  return nghttp2_session_get_remote_settings(session_, static_cast<nghttp2_settings_id>(number));
}

std::string Http2Frame(uint8_t type, uint8_t flags, int32_t stream, std::string_view payload) {
  const auto id = static_cast<uint32_t>(stream);
  const auto length = static_cast<uint32_t>(payload.size());
  std::string frame;
  for (const uint32_t byte : {length >> 16, length >> 8, length, uint32_t{type}, uint32_t{flags},
                              id >> 24, id >> 16, id >> 8, id}) {
    frame += static_cast<char>(byte & 0xff);
  }
  return frame.append(payload);
}

std::string Http2Preface() {
  return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + Http2Frame(NGHTTP2_SETTINGS, 0, 0, {});
}

std::string Http2Request(int32_t stream, std::string_view path, bool ends, const HttpFields& more) {
  HttpFields fields = {{":method", "GET"},
                       {":scheme", "http"},
                       {":path", std::string(path)},
                       {":authority", "localhost"}};
  fields.insert(fields.end(), more.begin(), more.end());
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';  // not indexed, with a new name (RFC 7541 section 6.2.2)
    Literal(block, name);
    Literal(block, value);
  }
  const uint8_t flags = NGHTTP2_FLAG_END_HEADERS | (ends ? NGHTTP2_FLAG_END_STREAM : 0);
  return Http2Frame(NGHTTP2_HEADERS, flags, stream, block);
}

}  // namespace ssegw::testing
