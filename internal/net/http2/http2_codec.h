#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_CODEC_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_CODEC_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/net/http2/http2_frames.h"
#include "internal/net/http2/http2_head.h"

struct nghttp2_session;

namespace ssegw::net {

// What a piece of a client's input said.
struct Http2Input {
  enum class What : uint8_t {
    kNothing,  // that anybody has to act on
    kRequest,  // a request's head is whole: see head(). ends: no body follows
    kBody,     // a part of a request's body. ends: it was the last
    kCredit,   // bytes more may be sent: of stream, or if that is 0 of the connection
    kWindows,  // SETTINGS have changed what may be sent of each stream
    kBroken,   // this is not HTTP/2, or the library gave up
  };
  What what = What::kNothing;
  int32_t stream = 0;
  bool ends = false;
  uint32_t credit = 0;
  std::string_view body = {};
};

// A stream that has ended, for both sides or by a reset of either.
struct Http2Closed {
  void* stream = nullptr;  // as it was attached
  uint32_t error = 0;
};

// The server's side of one HTTP/2 connection, without a socket: bytes of a client in, what they say
// out; what is to be sent in, bytes out. libnghttp2 does the protocol: packing and unpacking of
// heads, states of streams, windows, and what is malformed.
//
// What is sent is chosen by the caller, and goes out at once: Send takes bytes only as far as the
// windows let it, so the library never holds data.
//
// Owns:   the library's session. What is attached to streams is the caller's.
// Thread: one at a time.
// Errors: what concerns one stream resets it, and it is in TakeClosed; what concerns the connection
//         is over() once GOAWAY is in the output.
// Cost:   about 26 KB, and 0.4 KB for each stream.
class Http2Codec {
 public:
  // max_streams: of the client at the same time; one more is reset with REFUSED_STREAM.
  explicit Http2Codec(uint32_t max_streams);
  ~Http2Codec();
  Http2Codec(const Http2Codec&) = delete;
  Http2Codec& operator=(const Http2Codec&) = delete;

  // What the connection begins with.
  void Begin(std::string& out);
  // A piece of Http2Frames.
  Http2Input Receive(std::string_view piece);
  // Of the request whose head came last, or is coming.
  const Http2Head& head() const { return head_; }
  Http2Head TakeHead() { return std::exchange(head_, {}); }
  // Lets the client send so many bytes more of the connection. It cannot send more than its window
  // of a stream, which is never widened.
  void ConsumeBody(size_t bytes);

  // The streams that closed since the last call.
  std::vector<Http2Closed> TakeClosed() { return std::exchange(closed_, {}); }
  // How many streams were reset for what the client did wrong in them, since the last call.
  uint32_t TakeFaults() { return std::exchange(faults_, 0); }

  // stream: what Find returns, and TakeClosed. Without it a stream that closes is not reported.
  void Attach(int32_t stream, void* attached);
  // nullptr: there is no such stream.
  void* Find(int32_t stream) const;
  // Requests that are over and still count as streams, as what they left behind is not freed.
  void SetLeftBehind(size_t requests) { left_behind_ = requests; }

  // The head of a response. ends: there is no body.
  void Respond(int32_t stream, const Http2Response& response, bool ends, std::string& out);
  // 100 (Continue).
  void RespondContinue(int32_t stream);
  // The most bytes of that stream that the windows take.
  size_t StreamWindow(int32_t stream) const;
  size_t ConnectionWindow() const;
  // What the client has set for new streams.
  uint32_t initial_window() const;
  // So many bytes of pieces, from skip on, as data of a response, behind whatever else is due.
  // There is room for them in the windows. Returns how many went out: fewer if the stream is gone.
  size_t Send(int32_t stream, std::span<const iovec> pieces, size_t skip, size_t bytes, bool ends,
              std::string& out);
  // Ends a response with an empty frame, whatever the windows are. If the client still sends a
  // body, it is told that nobody reads it.
  void End(int32_t stream, std::string& out);
  void Reset(int32_t stream, Http2Error error);

  // The client opens no more streams; those that are on their way are served.
  void AnnounceGoaway();
  // Streams that come from now on are passed over.
  void Goaway();
  // No stream is served any more; the connection is over once this is in the output.
  void Terminate(Http2Error error);
  void Ping();
  // Appends what is due, except data.
  void Pump(std::string& out);
  // Nothing more is to come of it.
  bool over() const;
  // Requests that were answered, or are being.
  int32_t last_stream() const;

 private:
  struct Callbacks;
  struct Sending {
    int32_t stream = 0;
    std::span<const iovec> pieces = {};
    size_t skip = 0;
    size_t left = 0;
    bool ends = false;
    std::string* out = nullptr;
  };

  bool Refuses() const { return streams_ + left_behind_ >= max_streams_; }
  // If the client still sends a body, tells it that nobody reads it.
  void StopBody(int32_t stream);
  // Appends so many bytes of what is being sent.
  void AppendPieces(size_t bytes, std::string& out);

  const uint32_t max_streams_;
  nghttp2_session* session_ = nullptr;
  Http2Head head_;
  Http2Input input_;
  std::vector<Http2Closed> closed_;
  uint32_t faults_ = 0;
  // Accepted and not closed.
  size_t streams_ = 0;
  size_t left_behind_ = 0;
  Sending sending_;
  // Has ended in the output, and the library's own end of it is not to go out.
  int32_t ended_ = 0;
  bool failed_ = false;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_CODEC_H_
