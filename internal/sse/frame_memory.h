#ifndef SSEGW_INTERNAL_SSE_FRAME_MEMORY_H_
#define SSEGW_INTERNAL_SSE_FRAME_MEMORY_H_

#include <cstddef>

namespace ssegw::sse {

// The memory of frames. Publishers' threads make frames and free those that the window evicts for
// them, which are of the same few sizes. The C library keeps seven pieces of a size for a thread;
// all others go through a heap whose lock the threads wait for. So each thread keeps more of them
// here.
//
// Thread: any.
// Cost:   of a piece up to kMaxKeptPiece that the thread has kept: no lock, nothing shared. A
//         thread keeps kMaxKeptBytes at most, and gives them back when it ends. With
//         AddressSanitizer nothing is kept, so that it sees who uses a frame that is gone.
class FrameMemory {
 public:
  static constexpr size_t kMaxKeptPiece = 2048;
  static constexpr size_t kMaxKeptBytes = size_t{128} * 1024;

  // Aligned as operator new does it.
  static void* Allocate(size_t bytes);
  // bytes: as when it was allocated.
  static void Free(void* piece, size_t bytes);

  // What is allocated, without what is kept.
  static size_t all_bytes();
  // What this thread keeps.
  static size_t kept_bytes();
};

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_FRAME_MEMORY_H_
