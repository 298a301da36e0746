#ifndef SSEGW_TESTS_TESTING_GRPC_BYTES_H_
#define SSEGW_TESTS_TESTING_GRPC_BYTES_H_

#include <string>
#include <string_view>

#include "internal/base/concat.h"

// gRPC calls in HTTP/2's own bytes (RFC 9113), for input that no gRPC library sends.
namespace ssegw::testing {

// The head of a frame.
inline std::string Http2FrameHead(size_t bytes, char type, char flags, char stream) {
  return {static_cast<char>(bytes >> 16),
          static_cast<char>(bytes >> 8),
          static_cast<char>(bytes),
          type,
          flags,
          0,
          0,
          0,
          stream};
}
inline std::string Http2Data(std::string_view bytes, char flags = 0) {
  return base::Concat(Http2FrameHead(bytes.size(), 0, flags, 1), bytes);
}

inline std::string Http2Preface() {
  return base::Concat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Http2FrameHead(0, 4, 0, 0));
}

// The preface, and the beginning of a call of PublisherService.
inline std::string BeginningOfACall(std::string_view method) {
  const auto text = [](std::string_view t) {
    return base::Concat(std::string(1, static_cast<char>(t.size())), t);
  };
  // HPACK without its tables: POST, http, and literals.
  const std::string literal(1, '\0');
  const std::string fields =
      base::Concat("\x83\x86\x04", text(base::Concat("/ssegateway.v1.PublisherService/", method)),
                   "\x01", text("test"), literal, text("content-type"), text("application/grpc"),
                   literal, text("te"), text("trailers"));
  return base::Concat(Http2Preface(), Http2FrameHead(fields.size(), 1, 4, 1), fields);
}

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_GRPC_BYTES_H_
