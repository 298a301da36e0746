#ifndef SSEGW_BENCH_FANOUT_FLOOR_BATCH_H_
#define SSEGW_BENCH_FANOUT_FLOOR_BATCH_H_

#include <cstddef>
#include <cstdint>

namespace ssegw::bench {

// What the floor is told to write: this head, as many uint32_t sizes as there are frames, and the
// frames. Both ends are on one machine, so numbers are as it has them.
struct BatchHead {
  uint32_t group;
  uint32_t frames;       // at most kMaxFrames
  uint32_t frame_bytes;  // of all of them
};

// As many as the gateway gathers in one write.
inline constexpr size_t kMaxFrames = 64;

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_FLOOR_BATCH_H_
