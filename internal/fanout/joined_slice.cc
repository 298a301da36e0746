#include "internal/fanout/joined_slice.h"

namespace ssegw::fanout {

void JoinedSlice::Clear() {
  bytes_.clear();
  begins_.clear();
}

std::string_view JoinedSlice::From(const SubscriptionGroup& group, size_t first) {
  if (bytes_.capacity() < kMaxBytes) {
    bytes_.reserve(kMaxBytes);
    begins_.reserve(kFramesPerSlice);
  }
  for (size_t i = begins_.size(); i < group.slice.size(); ++i) {
    const std::string_view bytes = group.rendering.Event(*group.slice[i]);
    if (bytes_.size() + bytes.size() > kMaxBytes) return {};
    begins_.push_back(bytes_.size());
    bytes_ += bytes;
  }
  return std::string_view(bytes_).substr(begins_[first]);
}

}  // namespace ssegw::fanout
