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

// out: what compressed inflates to. Stops at the bound, so that a few bytes that stand for very
// many cost no more than max_bytes of memory, and the time that these take.
//
// Errors: INVALID_ARGUMENT: it is not of that codec, it ends too early, or inflates to more than
//         max_bytes; out then has what came before the fault, max_bytes at most.
absl::Status Inflate(Codec codec, std::string_view compressed, size_t max_bytes, std::string* out);

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_INFLATE_H_
