#include "internal/base/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "internal/base/concat.h"

namespace ssegw::base {
namespace {

constexpr size_t kFirstBytes = 4096;
constexpr int kMaxWindowBits = 15;
// Added to the window bits: a gzip header is expected.
constexpr int kGzipHeader = 16;

std::string_view NameOf(Codec codec) { return codec == Codec::kGzip ? "gzip" : "deflate"; }

// zlib's state, about 40 KB for as long as it lives.
class Inflater {
 public:
  Inflater(Codec codec, std::string_view compressed) : codec_(codec) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream_.avail_in = static_cast<uInt>(compressed.size());
    ok_ =
        inflateInit2(&stream_, kMaxWindowBits + (codec == Codec::kGzip ? kGzipHeader : 0)) == Z_OK;
  }
  ~Inflater() {
    if (ok_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class Step { kMore, kEnd, kFault };
  // Writes to out from used on, and moves used. kMore: out is full.
  Step Next(std::string& out, size_t& used) {
    if (!ok_) return Step::kFault;
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream_.avail_out = static_cast<uInt>(out.size() - used);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      used = out.size() - stream_.avail_out;
      if (result == Z_STREAM_END) {
        if (stream_.avail_in == 0) return Step::kEnd;
        // A gzip file may have several members (RFC 1952 section 2.2).
        if (codec_ != Codec::kGzip || inflateReset(&stream_) != Z_OK) return Step::kFault;
        continue;
      }
      if (stream_.avail_out == 0 && (result == Z_OK || result == Z_BUF_ERROR)) return Step::kMore;
      // All was read, and it is not at its end; or it is no such stream.
      if (result != Z_OK || stream_.avail_in == 0) return Step::kFault;
    }
  }

 private:
  const Codec codec_;
  z_stream stream_{};
  bool ok_ = false;
};

}  // namespace

absl::Status Inflate(Codec codec, std::string_view compressed, size_t max_bytes, std::string* out) {
  out->clear();
  // zlib counts in 32 bits.
  if (compressed.size() > std::numeric_limits<uInt>::max()) {
    return absl::InvalidArgumentError(
        Concat("compressed message of ", compressed.size(), " bytes"));
  }
  Inflater inflater(codec, compressed);
  size_t used = 0;
  for (;;) {
    // One byte more than may be, to see that there is more.
    out->resize(std::min(std::max(kFirstBytes, 2 * used), max_bytes + 1));
    const Inflater::Step step = inflater.Next(*out, used);
    const bool too_large = used > max_bytes;
    if (step == Inflater::Step::kMore && !too_large) continue;
    out->resize(std::min(used, max_bytes));
    if (too_large) {
      return absl::InvalidArgumentError(
          Concat("message inflates to more than ", max_bytes, " bytes"));
    }
    if (step == Inflater::Step::kEnd) return absl::OkStatus();
    return absl::InvalidArgumentError(Concat("message is not whole ", NameOf(codec)));
  }
}

}  // namespace ssegw::base
