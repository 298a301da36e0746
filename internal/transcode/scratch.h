#ifndef SSEGW_INTERNAL_TRANSCODE_SCRATCH_H_
#define SSEGW_INTERNAL_TRANSCODE_SCRATCH_H_

#include <atomic>
#include <cstddef>
#include <limits>

namespace ssegw::transcode {

// The memory that the JSON of all current transcodings may take together. A transcoding counts if
// it takes more than kFree.
//
// Thread: any.
class Scratch {
 public:
  // Not counted, so that usual events never touch what all threads share.
  static constexpr size_t kFree = size_t{256} * 1024;

  explicit Scratch(size_t max_bytes = std::numeric_limits<size_t>::max()) : max_bytes_(max_bytes) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // False, and nothing is taken, if that much is not left.
  bool Take(size_t bytes) {
    size_t in_use = in_use_.load(std::memory_order_relaxed);
    do {
      if (bytes > max_bytes_ - in_use) return false;
    } while (!in_use_.compare_exchange_weak(in_use, in_use + bytes, std::memory_order_relaxed));
    return true;
  }
  void Give(size_t bytes) { in_use_.fetch_sub(bytes, std::memory_order_relaxed); }

  size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }
  size_t max_bytes() const { return max_bytes_; }

 private:
  const size_t max_bytes_;
  std::atomic<size_t> in_use_{0};
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCRATCH_H_
