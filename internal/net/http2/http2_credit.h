#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_CREDIT_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_CREDIT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ssegw::net {

// What of an event stream is on its way: sent, and not yet credited by its client's window updates.
//
// Less than half of the client's window stops Chromium for good, which credits a stream only when
// half of its window is used (measured: 3.0 of 6 MiB stop it, 3.3 do not). The whole window lets
// three pages that are busy starve a fourth on the same socket, and what is on its way cannot be
// superseded any more.
class Http2Credit {
 public:
  static constexpr size_t kBeyondHalf = size_t{256} * 1024;

  void OnSent(size_t bytes) { uncredited_ += bytes; }
  void OnCredit(uint32_t bytes) {
    const uint64_t of_sent = std::min<uint64_t>(bytes, uncredited_);
    uncredited_ -= of_sent;
    // Firefox widens the window of each stream when it opens it.
    widened_ = std::min<uint64_t>(widened_ + bytes - of_sent, kMaxWindow);
  }

  uint64_t uncredited() const { return uncredited_; }
  // How much more may be on its way. initial_window: of the client's streams.
  size_t Room(uint32_t initial_window) const {
    const uint64_t most = (initial_window + widened_) / 2 + kBeyondHalf;
    return most - std::min(most, uncredited_);
  }

 private:
  static constexpr uint64_t kMaxWindow = 0x7fffffff;

  uint64_t uncredited_ = 0;
  uint64_t widened_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_CREDIT_H_
