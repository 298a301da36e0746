#ifndef SSEGW_INTERNAL_NET_HTTP1_REQUEST_PARSER_H_
#define SSEGW_INTERNAL_NET_HTTP1_REQUEST_PARSER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "internal/net/service/http_service.h"

namespace ssegw::net {

// Takes the bytes of a session apart into requests, one after the other. A body is read only if
// ReadBody asks for it; without it, Next must not be called after a request that has one. A session
// that begins with TLS, the PROXY protocol or HTTP/2 is refused by that name.
//
// Empty lines before a request (RFC 9112 section 2.2) are skipped, and count as part of its head.
//
// Owns:     what has been fed and not yet been answered: at most kMaxHeadBytes, the body that was
//           asked for, and one Feed.
// Thread:   one at a time.
class RequestParser {
 public:
  // Empty lines, request line and fields together; more is 431. A last event id of 16 KiB fits.
  static constexpr size_t kMaxHeadBytes = 32 * 1024;

  enum class Result {
    kNeedMore,
    kRequest,
    kBody,
    kRefused,
    kHttp2,  // TakeReceived() is the beginning of an HTTP/2 session
  };

  // http2: it is spoken here (by prior knowledge, RFC 9113 section 3.3).
  explicit RequestParser(bool http2 = false);
  ~RequestParser();

  // More bytes from the peer.
  Result Feed(std::string_view bytes);
  // After a request: goes on with what came behind it.
  Result Next();

  // After kRequest: goes on with its body. Feed then returns kNeedMore until kBody or kRefused (413
  // if it is longer than max_bytes, 400).
  Result ReadBody(size_t max_bytes);
  // After kBody.
  std::string TakeBody();
  // The client waits for 100 (Continue) before it sends the body.
  bool expects_continue() const;

  // After kRequest, until Next: the head, as views into the parser. The caller sets peer_address,
  // connection_id and request_id.
  HttpRequest request() const;
  // There is one.
  bool has_request() const { return has_request_; }
  // HTTP/1.1, rather than 1.0.
  bool chunked_allowed() const;
  bool keep_alive() const;

  // After kRefused: the status (400, 413, 431), and why in a few words.
  int refusal() const { return refusal_; }
  std::string_view refusal_detail() const { return refusal_detail_; }

  // Lets go of the request, of which no view is used any more, and keeps what came behind it.
  void ReleaseRequest();
  // Lets go of that too: nothing is asked of it any more.
  void ReleaseAll();
  // After kHttp2.
  std::string TakeReceived() { return std::move(buffer_); }
  // What it holds of what has come.
  size_t buffer_bytes() const;

  // Something of a request has come.
  bool has_partial_request() const { return !buffer_.empty(); }

 private:
  struct Parser;
  void BeginRequest();
  // False: there were more than a head may have.
  bool SkipEmptyLines();
  // False: another part of a request line has come, without its end. Parsing the line again for
  // each part would take the square of its length.
  bool HasMoreToParse();
  Result Parse();
  Result ParseBody();
  Result Refuse(int status, std::string_view detail);
  Result Check();
  Result RefuseLength();
  Result RefuseBodyLength();
  // True: the target is a URL.
  bool SplitTarget();

  const bool http2_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;
  // Of buffer_, what the parser has taken.
  size_t head_bytes_ = 0;
  // Of buffer_, what the parser has seen.
  size_t looked_at_ = 0;
  // Before it, and no longer in buffer_.
  size_t empty_line_bytes_ = 0;
  // Of the request: what HttpRequest says of them.
  std::string_view target_;
  std::string_view host_;
  bool has_body_ = false;
  bool has_request_ = false;
  // What target_ is a view of, where it is not as it was sent.
  std::string target_storage_;
  // Nothing but what is in buffer_ has come on the connection.
  bool is_first_ = true;
  int refusal_ = 0;
  std::string_view refusal_detail_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP1_REQUEST_PARSER_H_
