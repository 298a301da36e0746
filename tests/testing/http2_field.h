#ifndef SSEGW_TESTS_TESTING_HTTP2_FIELD_H_
#define SSEGW_TESTS_TESTING_HTTP2_FIELD_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string_view>

namespace ssegw::testing {

// As libnghttp2 wants it, which copies both: they only have to outlive the call.
inline nghttp2_nv Http2Field(std::string_view name, std::string_view value) {
  return {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_HTTP2_FIELD_H_
