#ifndef SSEGW_GATEWAY_INGEST_MERGED_BYTES_H_
#define SSEGW_GATEWAY_INGEST_MERGED_BYTES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "internal/base/text.h"

namespace ssegw::ingest {

// The bytes of a submessage field. A field that occurs more than once stands for the merged
// message, which is what its occurrences, one after another, decode to. Copies only in that rare
// case.
class MergedBytes {
 public:
  // occurrence outlives this object.
  void Add(std::string_view occurrence) {
    if (occurrences_ == 1) joined_ = first_;
    if (occurrences_ == 0) {
      first_ = occurrence;
    } else {
      joined_ += occurrence;
    }
    ++occurrences_;
  }
  void Clear() {
    occurrences_ = 0;
    first_ = {};
    if (joined_.capacity() > kKeptBytes) base::Release(joined_);
    joined_.clear();
  }

  bool present() const { return occurrences_ > 0; }
  // Valid until this object changes, moves or ends.
  std::string_view view() const { return occurrences_ > 1 ? std::string_view(joined_) : first_; }

 private:
  static constexpr size_t kKeptBytes = 4096;

  size_t occurrences_ = 0;
  std::string_view first_;
  std::string joined_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_MERGED_BYTES_H_
