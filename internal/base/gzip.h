#ifndef SSEGW_INTERNAL_BASE_GZIP_H_
#define SSEGW_INTERNAL_BASE_GZIP_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ssegw::base {

// Whether bytes begin as a gzip file does (RFC 1952).
bool IsGzip(std::string_view bytes);

// What a gzip file (RFC 1952) or a zlib stream (RFC 1950) holds, which of the two it says itself.
//
// Errors: INVALID_ARGUMENT: damaged, cut short, bytes after its end, or more than max_bytes inflated.
// Cost:   memory in proportion to what comes out, twice max_bytes at most.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t max_bytes);

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_GZIP_H_
