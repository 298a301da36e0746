#include "tests/testing/crowd/crowd_http2.h"

#include <array>
#include <charconv>

#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

// Chromium's (bytes).
constexpr int32_t kStreamWindow = 6 << 20;
constexpr int32_t kConnectionWindow = 15 << 20;

// A stream's number is kept as a pointer, which is null where nobody listens any more.
void* ToUserData(size_t number) { return reinterpret_cast<void*>(number + 1); }

uint8_t* BytesOf(const std::string& text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

struct CrowdHttp2::Callbacks {
  static CrowdHttp2& Of(void* user_data) { return *static_cast<CrowdHttp2*>(user_data); }

  // Calls act with the stream's number, if somebody listens to it.
  template <typename Act>
  static void WithNumber(nghttp2_session* session, int32_t stream, const Act& act) {
    const auto user_data =
        reinterpret_cast<size_t>(nghttp2_session_get_stream_user_data(session, stream));
    if (user_data > 0) act(user_data - 1);
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user_data) {
    if (std::string_view(reinterpret_cast<const char*>(name), name_size) == ":status") {
      const char* const text = reinterpret_cast<const char*>(value);
      std::from_chars(text, text + value_size, Of(user_data).status_);
    }
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    CrowdHttp2& self = Of(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY) self.is_going_away_ = true;
    // It is closed at once, as the request has ended before.
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.ended_ = frame->hd.stream_id;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_RESPONSE) {
      WithNumber(session, frame->hd.stream_id,
                 [&](size_t number) { self.listener_.OnHead(number, self.status_); });
    }
    return 0;
  }

  static int OnChunk(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data,
                     size_t size, void* user_data) {
    WithNumber(session, stream, [&](size_t number) {
      Of(user_data).listener_.OnData(number, {reinterpret_cast<const char*>(data), size});
    });
    return 0;
  }

  static int OnClose(nghttp2_session* session, int32_t stream, uint32_t, void* user_data) {
    WithNumber(session, stream, [&](size_t number) {
      Of(user_data).listener_.OnStreamEnd(number, Of(user_data).ended_ == stream);
    });
    return 0;
  }
};

CrowdHttp2::CrowdHttp2(Http2Listener& listener) : listener_(listener) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnChunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClose);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  const std::array<nghttp2_settings_entry, 2> settings = {{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
  }};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

int32_t CrowdHttp2::Request(size_t number, const Headers& headers) {
  std::vector<nghttp2_nv> fields;
  fields.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    fields.push_back(
        {BytesOf(name), BytesOf(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  const int32_t stream = nghttp2_submit_request(session_.get(), nullptr, fields.data(),
                                                fields.size(), nullptr, ToUserData(number));
  if (stream < 0) throw Failure(nghttp2_strerror(stream));
  return stream;
}

void CrowdHttp2::Reset(int32_t stream) {
  nghttp2_session_set_stream_user_data(session_.get(), stream, nullptr);
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

bool CrowdHttp2::Receive(std::string_view bytes) {
  return nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const uint8_t*>(bytes.data()),
                                  bytes.size()) == static_cast<ssize_t>(bytes.size());
}

std::string CrowdHttp2::TakeUnsent() {
  std::string unsent;
  for (;;) {
    const uint8_t* bytes = nullptr;
    const ssize_t n = nghttp2_session_mem_send(session_.get(), &bytes);
    if (n <= 0) return unsent;
    unsent.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
  }
}

}  // namespace ssegw::testing
