#ifndef SSEGW_INTERNAL_TRANSCODE_SEEN_FIELDS_H_
#define SSEGW_INTERNAL_TRANSCODE_SEEN_FIELDS_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"

namespace ssegw::transcode {

// Which fields of a message have been seen, by FieldPlan::slot.
class SeenFields {
 public:
  explicit SeenFields(uint32_t slots) : words_((slots + 63) / 64) {}

  // False if it had been seen before.
  bool Add(uint32_t slot) {
    uint64_t& word = words_[slot / 64U];
    const uint64_t bit = uint64_t{1} << (slot % 64U);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }
  bool Has(uint32_t slot) const { return (words_[slot / 64U] >> (slot % 64U) & 1) != 0; }

 private:
  absl::InlinedVector<uint64_t, 4> words_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SEEN_FIELDS_H_
