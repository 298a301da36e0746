#ifndef SSEGW_GATEWAY_HTTP_PARAMETER_NAME_H_
#define SSEGW_GATEWAY_HTTP_PARAMETER_NAME_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace ssegw::http {

// A query parameter's name without what people and libraries add to it or change in it, to find out
// which parameter was meant: the case of letters, "_" and "-", a plural s, the "[]", "[0]" or "[a]"
// that PHP, Rails and axios write behind the name of a list, spaces around it, and what a query
// that was put together wrongly leaves before it ("&amp;topic=a", "??topic=a").
//
// Cost: nothing is allocated.
class PlainName {
 public:
  // given: decoded.
  explicit PlainName(std::string_view given);

  // Whether it was meant to be the parameter whose name in lower case, without "_", is plain.
  bool Means(std::string_view plain) const;

 private:
  // No parameter's name is as long; a longer one means none of them.
  static constexpr size_t kMaxBytes = 32;

  std::array<char, kMaxBytes> text_;
  size_t size_ = 0;  // 0: it means no parameter
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_PARAMETER_NAME_H_
