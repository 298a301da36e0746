// Implementation notes
//
// The library pulls data, and here it is pushed: each response has a source that is always empty,
// except while Send runs the library for its stream. The library then takes the frame's head from
// its own buffer and leaves the data to OnSendData, which appends both to the output; so a frame's
// bytes are copied once, from the shared frame into the output.
//
// The library enforces the limit of concurrent streams that it announces by closing the whole
// connection, once the client has acknowledged it (1.52). Resetting the one stream is kinder, so
// the library is given no limit, and the one that is announced is written over its own in the first
// SETTINGS.
//
// It sends no data, not even an empty frame, while the connection's window is empty. So End writes
// the frame itself, and has the library forget the stream by a reset, which is not sent where the
// stream is over for both sides by then.
#include "internal/net/http2/http2_codec.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <limits>

namespace ssegw::net {
namespace {

// What clients may send of each stream before it is read.
constexpr uint32_t kInitialWindow = 64 * 1024;
constexpr uint32_t kHeaderTableBytes = 4096;
// So high that Http2Floods, which says which kind it was, comes first.
constexpr uint32_t kLibrarysOwnLimit = 100'000;

// Differs for each connection, so that it would only fill the table.
constexpr std::array<std::string_view, 2> kNotIndexed = {"x-connection-id", "x-request-id"};

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const bool indexed = std::find(kNotIndexed.begin(), kNotIndexed.end(), name) == kNotIndexed.end();
  return {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = static_cast<uint8_t>(indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)};
}

std::string_view View(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_option* Options() {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_deflate_dynamic_table_size(option, kHeaderTableBytes);
  nghttp2_option_set_max_outbound_ack(option, kLibrarysOwnLimit);
  nghttp2_option_set_stream_reset_rate_limit(option, kLibrarysOwnLimit, kLibrarysOwnLimit);
  nghttp2_option_set_max_continuations(option, kLibrarysOwnLimit);
  return option;
}

}  // namespace

// What the library calls.
struct Http2Codec::Callbacks {
  static Http2Codec& Of(void* user_data) { return *static_cast<Http2Codec*>(user_data); }

  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    Http2Codec& codec = Of(user_data);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (codec.Refuses()) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_REFUSED_STREAM);
      // The head is unpacked all the same.
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    ++codec.streams_;
    // Of a stream that counts and is not attached yet.
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, &codec);
    codec.TakeHead();
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user_data) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Of(user_data).head_.Add(View(name, name_size), View(value, value_size));
    return 0;
  }

  // A field that is malformed, and that the library would only leave out (RFC 9113 section 8.2.1).
  static int OnInvalidHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                             const uint8_t*, size_t, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Http2Input& input = Of(user_data).input_;
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
          input = {.what = Http2Input::What::kRequest, .stream = frame->hd.stream_id, .ends = ends};
        } else if (ends) {
          input = {.what = Http2Input::What::kBody, .stream = frame->hd.stream_id, .ends = true};
        }
        break;
      case NGHTTP2_DATA:
        input.what = Http2Input::What::kBody;
        input.stream = frame->hd.stream_id;
        input.ends = ends;
        break;
      case NGHTTP2_WINDOW_UPDATE:
        input.what = Http2Input::What::kCredit;
        input.stream = frame->hd.stream_id;
        input.credit = static_cast<uint32_t>(frame->window_update.window_size_increment);
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) input.what = Http2Input::What::kWindows;
        break;
      default:
        break;
    }
    return 0;
  }

  static int OnDataChunk(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data,
                         size_t size, void* user_data) {
    Http2Input& input = Of(user_data).input_;
    input.what = Http2Input::What::kBody;
    input.stream = stream;
    input.body = View(data, size);
    return 0;
  }

  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type != NGHTTP2_RST_STREAM) return 0;
    const uint32_t error = frame->rst_stream.error_code;
    if (error != NGHTTP2_NO_ERROR && error != NGHTTP2_CANCEL) ++Of(user_data).faults_;
    return 0;
  }

  static int OnStreamClose(nghttp2_session* session, int32_t stream, uint32_t error,
                           void* user_data) {
    Http2Codec& codec = Of(user_data);
    void* const attached = nghttp2_session_get_stream_user_data(session, stream);
    if (attached == nullptr) return 0;
    --codec.streams_;
    if (attached != &codec) codec.closed_.push_back({.stream = attached, .error = error});
    return 0;
  }

  static ssize_t Read(nghttp2_session*, int32_t stream, uint8_t*, size_t length, uint32_t* flags,
                      nghttp2_data_source*, void* user_data) {
    Sending& sending = Of(user_data).sending_;
    const bool is_due = sending.left > 0 || sending.ends;
    if (stream != sending.stream || !is_due) return NGHTTP2_ERR_DEFERRED;
    const size_t bytes = std::min(length, sending.left);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (sending.ends && bytes == sending.left) {
      sending.ends = false;
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(bytes);
  }

  static int OnSendData(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t size,
                        nghttp2_data_source*, void* user_data) {
    Http2Codec& codec = Of(user_data);
    std::string& out = *codec.sending_.out;
    out += View(head, Http2FrameHead::kBytes);
    codec.AppendPieces(size, out);
    return 0;
  }

  static nghttp2_session_callbacks* All() {
    nghttp2_session_callbacks* all = nullptr;
    nghttp2_session_callbacks_new(&all);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(all, OnHeader);
    nghttp2_session_callbacks_set_on_invalid_header_callback(all, OnInvalidHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, OnDataChunk);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, OnFrameSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, OnStreamClose);
    nghttp2_session_callbacks_set_send_data_callback(all, OnSendData);
    return all;
  }
};

Http2Codec::Http2Codec(uint32_t max_streams) : max_streams_(max_streams) {
  static const nghttp2_session_callbacks* const callbacks = Callbacks::All();
  static const nghttp2_option* const options = Options();
  nghttp2_session_server_new2(&session_, callbacks, this, options);
}

Http2Codec::~Http2Codec() { nghttp2_session_del(session_); }

void Http2Codec::Begin(std::string& out) {
  constexpr std::array<nghttp2_settings_entry, 5> kSettings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, std::numeric_limits<int32_t>::max()},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kInitialWindow},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, kHeaderTableBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, Http2Head::kMaxBytes},
      // Of RFC 7540, which nobody needs here, and whose tree would take memory.
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, kSettings.data(), kSettings.size());
  const size_t begin = out.size();
  Pump(out);
  // The value of the first setting, behind its number.
  size_t at = begin + Http2FrameHead::kBytes + 2;
  for (const int shift : {24, 16, 8, 0})
    out[at++] = static_cast<char>(max_streams_ >> shift & 0xff);
}

Http2Input Http2Codec::Receive(std::string_view piece) {
  input_ = {};
  if (failed_) return input_;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(piece.data()), piece.size());
  if (taken < 0) {
    failed_ = true;
    return {.what = Http2Input::What::kBroken};
  }
  return input_;
}

void Http2Codec::ConsumeBody(size_t bytes) { nghttp2_session_consume_connection(session_, bytes); }

void Http2Codec::Attach(int32_t stream, void* attached) {
  nghttp2_session_set_stream_user_data(session_, stream, attached);
}

void* Http2Codec::Find(int32_t stream) const {
  void* const attached = nghttp2_session_get_stream_user_data(session_, stream);
  return attached == this ? nullptr : attached;
}

void Http2Codec::Respond(int32_t stream, const Http2Response& response, bool ends,
                         std::string& out) {
  std::vector<nghttp2_nv> fields;
  fields.reserve(response.fields.size() + 1);
  fields.push_back(Field(":status", response.status));
  for (const auto& [name, value] : response.fields) fields.push_back(Field(name, value));
  constexpr nghttp2_data_provider kData{.source = {}, .read_callback = Callbacks::Read};
  nghttp2_submit_response(session_, stream, fields.data(), fields.size(), ends ? nullptr : &kData);
  Pump(out);
  if (ends) StopBody(stream);
}

void Http2Codec::RespondContinue(int32_t stream) {
  const nghttp2_nv status = Field(":status", "100");
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream, nullptr, &status, 1, nullptr);
}

size_t Http2Codec::StreamWindow(int32_t stream) const {
  return static_cast<size_t>(
      std::max(nghttp2_session_get_stream_remote_window_size(session_, stream), 0));
}

size_t Http2Codec::ConnectionWindow() const {
  return static_cast<size_t>(std::max(nghttp2_session_get_remote_window_size(session_), 0));
}

uint32_t Http2Codec::initial_window() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE);
}

size_t Http2Codec::Send(int32_t stream, std::span<const iovec> pieces, size_t skip, size_t bytes,
                        bool ends, std::string& out) {
  sending_ = {
      .stream = stream, .pieces = pieces, .skip = skip, .left = bytes, .ends = ends, .out = &out};
  // It may be about to ask by itself, if its window was empty: then there is nothing to resume.
  static_cast<void>(nghttp2_session_resume_data(session_, stream));
  Pump(out);
  const size_t sent = bytes - sending_.left;
  sending_ = {};
  if (ends) StopBody(stream);
  return sent;
}

void Http2Codec::AppendPieces(size_t bytes, std::string& out) {
  sending_.left -= bytes;
  while (bytes > 0) {
    const iovec& piece = sending_.pieces.front();
    if (sending_.skip >= piece.iov_len) {
      sending_.skip -= piece.iov_len;
      sending_.pieces = sending_.pieces.subspan(1);
      continue;
    }
    const size_t some = std::min(bytes, piece.iov_len - sending_.skip);
    out.append(static_cast<const char*>(piece.iov_base) + sending_.skip, some);
    sending_.skip += some;
    bytes -= some;
  }
}

void Http2Codec::StopBody(int32_t stream) {
  if (nghttp2_session_get_stream_remote_close(session_, stream) == 0) {
    Reset(stream, Http2Error::kNoError);
  }
}

void Http2Codec::End(int32_t stream, std::string& out) {
  // Its head may be due.
  Pump(out);
  const int remote_closed = nghttp2_session_get_stream_remote_close(session_, stream);
  if (remote_closed < 0) return;
  Http2FrameHead{.type = static_cast<uint8_t>(Http2FrameType::kData),
                 .flags = kHttp2EndStream,
                 .stream = stream}
      .AppendTo(out);
  ended_ = remote_closed == 1 ? stream : 0;
  Reset(stream, Http2Error::kNoError);
  Pump(out);
  ended_ = 0;
}

void Http2Codec::Reset(int32_t stream, Http2Error error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, static_cast<uint32_t>(error));
}

void Http2Codec::AnnounceGoaway() { nghttp2_submit_shutdown_notice(session_); }

void Http2Codec::Goaway() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream(), NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Codec::Terminate(Http2Error error) {
  failed_ = true;
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(error));
}

void Http2Codec::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void Http2Codec::Pump(std::string& out) {
  for (;;) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size <= 0) return;
    const std::string_view frame = View(data, static_cast<size_t>(size));
    if (ended_ != 0 && frame.size() > Http2FrameHead::kBytes) {
      std::array<char, Http2FrameHead::kBytes> bytes;
      std::copy_n(frame.begin(), bytes.size(), bytes.begin());
      const Http2FrameHead head = Http2FrameHead::Parse(bytes);
      if (head.Is(Http2FrameType::kRstStream) && head.stream == ended_) continue;
    }
    out += frame;
  }
}

bool Http2Codec::over() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

int32_t Http2Codec::last_stream() const {
  return nghttp2_session_get_last_proc_stream_id(session_);
}

}  // namespace ssegw::net
