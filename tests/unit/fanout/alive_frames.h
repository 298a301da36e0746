#ifndef SSEGW_TESTS_UNIT_FANOUT_ALIVE_FRAMES_H_
#define SSEGW_TESTS_UNIT_FANOUT_ALIVE_FRAMES_H_

#include <cstdint>
#include <vector>

#include "internal/sse/frame.h"

namespace ssegw::fanout {

// Which frames have not been freed, without holding them: the test binary is linked with
// --wrap of sse::FrameMemory::Free, which a frame's last reference ends in.
//
// Thread: one.
class AliveFrames {
 public:
  AliveFrames() = delete;

  // From now on until it is freed, it counts.
  static void Add(const sse::Frame& frame);
  // In no order.
  static std::vector<uint64_t> Seqs();
};

}  // namespace ssegw::fanout

#endif  // SSEGW_TESTS_UNIT_FANOUT_ALIVE_FRAMES_H_
