#ifndef SSEGW_INTERNAL_BASE_INFLATE_H_
#define SSEGW_INTERNAL_BASE_INFLATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ssegw::base {

// As gRPC names them: gzip (RFC 1952), and deflate, which is zlib's format (RFC 1950).
enum class Codec : uint8_t { kGzip, kDeflate };

// Sets out to what compressed inflates to. Stops at max_bytes, so that a few bytes that stand for
// very many cost no more than max_bytes of memory, and the time to write them.
//
// Errors: INVALID_ARGUMENT: compressed is not of that codec, ends too early, or inflates to more
//         than max_bytes; out then has what came before the fault.
absl::Status Inflate(Codec codec, std::string_view compressed, size_t max_bytes, std::string* out);

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_INFLATE_H_
