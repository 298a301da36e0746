#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_HEAD_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/net/service/http_service.h"

namespace ssegw::net {

// The head of one HTTP/2 request, as it comes field by field, already unpacked and checked for what
// makes it malformed (RFC 9113 section 8).
//
// Owns: the fields, of which it takes at most kMaxBytes.
class Http2Head {
 public:
  // As SETTINGS_MAX_HEADER_LIST_SIZE counts: names, values and kFieldOverhead for each field. As
  // many as a head of HTTP/1.1 may have.
  static constexpr size_t kMaxBytes = 32 * 1024;
  static constexpr size_t kFieldOverhead = 32;

  // After more than kMaxBytes nothing is kept.
  void Add(std::string_view name, std::string_view value);
  bool too_large() const { return bytes_ > kMaxBytes; }
  // Of all fields that came.
  size_t bytes() const { return bytes_; }
  size_t memory_bytes() const {
    return text_.capacity() + cookie_.capacity() + fields_.capacity() * sizeof(Field);
  }

  // Why it is no request that can be answered, in a few words; nullopt: it is one.
  std::optional<std::string_view> Fault() const;
  // Views into this. The caller sets what the head does not tell.
  HttpRequest request() const;
  // The client waits for 100 (Continue) before it sends the body.
  bool expects_continue() const;
  // nullopt: none is given.
  std::optional<uint64_t> content_length() const;

 private:
  // A part of text_.
  struct Part {
    uint32_t begin = 0;
    uint32_t size = 0;
  };
  struct Field {
    Part name;
    Part value;
  };
  Part Keep(std::string_view text);
  std::string_view View(Part part) const {
    return std::string_view(text_).substr(part.begin, part.size);
  }
  std::optional<std::string_view> Find(std::string_view name) const;

  size_t bytes_ = 0;
  std::string text_;
  Part method_;
  Part path_;
  Part authority_;
  std::vector<Field> fields_;
  // Of all Cookie fields together, which a client may send apart so that each is packed for itself
  // (RFC 9113 section 8.2.3).
  std::string cookie_;
};

// The head of a response: names in lower case, Date, and Content-Length if that is given; without
// the fields that are HTTP/1.1's alone.
struct Http2Response {
  std::string status;
  HttpFields fields;
};
Http2Response ToHttp2(int status, const HttpFields& fields, std::optional<size_t> content_length);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_HEAD_H_
