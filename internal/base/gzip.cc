#include "internal/base/gzip.h"

// zlib asks for a const next_in by this macro (zlib.h).
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "internal/base/concat.h"

namespace ssegw::base {

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t max_bytes) {
  constexpr int kEitherFormat = 32 + MAX_WBITS;
  constexpr size_t kFirstPiece = 4096;
  if (bytes.size() > std::numeric_limits<uInt>::max()) {
    return absl::InvalidArgumentError("compressed data over 4 GiB");
  }
  z_stream stream{};
  stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  if (inflateInit2(&stream, kEitherFormat) != Z_OK) {
    return absl::ResourceExhaustedError("no memory to inflate");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, &inflateEnd);
  std::string out;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    const size_t used = out.size();
    // One byte more than allowed shows that there is more.
    const size_t room = std::min(std::max(kFirstPiece, used), max_bytes + 1 - used);
    if (room == 0) {
      return absl::InvalidArgumentError(Concat("inflated it exceeds ", max_bytes, " bytes"));
    }
    out.resize(used + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(room);
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(used + room - stream.avail_out);
    if (result == Z_BUF_ERROR || (result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      return absl::InvalidArgumentError("compressed data is cut short");
    }
    if (result != Z_OK && result != Z_STREAM_END) {
      return absl::InvalidArgumentError(
          Concat("compressed data is damaged: ", stream.msg != nullptr ? stream.msg : "no reason"));
    }
  }
  if (out.size() > max_bytes) {
    return absl::InvalidArgumentError(Concat("inflated it exceeds ", max_bytes, " bytes"));
  }
  if (stream.avail_in > 0) return absl::InvalidArgumentError("bytes after the compressed data");
  return out;
}

}  // namespace ssegw::base
