#ifndef SSEGW_INTERNAL_NATS_HEADER_H_
#define SSEGW_INTERNAL_NATS_HEADER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ssegw::nats {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

inline constexpr std::string_view kHeaderVersion = "NATS/1.0";

// A header as it is on the wire, "NATS/1.0\r\nName: value\r\n\r\n"; nothing for no field. A line
// break in a value becomes a space.
void AppendHeader(const std::vector<HeaderField>& header, std::string& to);
size_t HeaderBytes(const std::vector<HeaderField>& header);

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_HEADER_H_
