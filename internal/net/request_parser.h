#ifndef SSEGW_INTERNAL_NET_REQUEST_PARSER_H_
#define SSEGW_INTERNAL_NET_REQUEST_PARSER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "internal/net/http_service.h"

namespace ssegw::net {

// Takes the bytes of a connection apart into request heads, one after the other. Bodies are not
// taken: what the gateway answers has none. A connection that begins with TLS, the PROXY protocol
// or HTTP/2 is refused by that name.
//
// Owns:     what has been fed and not yet been answered, at most kMaxHeadBytes and one Feed.
// Thread:   one at a time.
class RequestParser {
 public:
  // Request line and fields together; more is 431. A last event id of 16 KiB fits.
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

  // After kRefused: the status (400, 413, 431), and why in a few words.
  int refusal() const { return refusal_; }
  std::string_view refusal_detail() const { return refusal_detail_; }

  // Something of a request has come.
  bool has_partial_request() const { return !buffer_.empty(); }

 private:
  struct Parser;
  Result Parse();
  Result Refuse(int status, std::string_view detail);
  Result Check();

  std::unique_ptr<Parser> parser_;
  std::string buffer_;
  // Of buffer_, what the parser has taken.
  size_t head_bytes_ = 0;
  // Nothing but what is in buffer_ has come on the connection.
  bool is_first_ = true;
  int refusal_ = 0;
  std::string_view refusal_detail_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_REQUEST_PARSER_H_
