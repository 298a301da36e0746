#ifndef SSEGW_INTERNAL_NET_REQUEST_PARSER_H_
#define SSEGW_INTERNAL_NET_REQUEST_PARSER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "internal/net/http_service.h"

namespace ssegw::net {

// Takes the bytes of a connection apart into request heads, one after the other. Bodies are not
// read: whether one follows is all that is said of it, and Next must not be called then. A
// connection that begins with TLS, the PROXY protocol or HTTP/2 is refused by that name.
//
// Empty lines before a request (RFC 9112 section 2.2) are passed over, and count as part of its
// head.
//
// Owns:     what has been fed and not yet been answered, at most kMaxHeadBytes and one Feed.
// Thread:   one at a time.
class RequestParser {
 public:
  // Empty lines, request line and fields together; more is 431. A last event id of 16 KiB fits.
  static constexpr size_t kMaxHeadBytes = 32 * 1024;

  enum class Result { kNeedMore, kRequest, kRefused };

  RequestParser();
  ~RequestParser();

  // More bytes from the peer.
  Result Feed(std::string_view bytes);
  // After a request: goes on with what came behind it.
  Result Next();

  // After kRequest, until Next: the head, as views into the parser. peer_address and connection_id
  // are the caller's to set.
  HttpRequest request() const;
  // HTTP/1.1, rather than 1.0.
  bool chunked_allowed() const;
  bool keep_alive() const;

  // After kRefused: the status (400, 431), and why in a few words.
  int refusal() const { return refusal_; }
  std::string_view refusal_detail() const { return refusal_detail_; }

  // Lets go of the request, of which no view is used any more, and keeps what came behind it.
  void ReleaseRequest();
  // Of that too: nothing is asked of it any more.
  void ReleaseAll();
  // What it holds of what has come.
  size_t buffer_bytes() const { return buffer_.capacity(); }

  // Something of a request has come.
  bool has_partial_request() const { return !buffer_.empty(); }

 private:
  struct Parser;
  void BeginRequest();
  // False: there were more than a head may have.
  bool SkipEmptyLines();
  // False: of a request line that came in part before, another part has come without its end. To
  // parse it anew with each would take the square of its length.
  bool HasMoreToParse();
  Result Parse();
  Result Refuse(int status, std::string_view detail);
  Result Check();
  Result RefuseLength();
  // True: the target is a URL.
  bool SplitTarget();

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
  // What target_ is a view of, where it is not as it was sent.
  std::string target_storage_;
  // Nothing but what is in buffer_ has come on the connection.
  bool is_first_ = true;
  int refusal_ = 0;
  std::string_view refusal_detail_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_REQUEST_PARSER_H_
