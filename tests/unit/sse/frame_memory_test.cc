#include "internal/sse/frame_memory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

namespace ssegw::sse {
namespace {

struct Piece {
  void* memory;
  size_t bytes;
};

TEST(FrameMemoryTest, PiecesThatAreKeptAreWholeAgain) {
  const size_t before = FrameMemory::all_bytes();
  std::vector<Piece> pieces;
  for (int round = 0; round < 3; ++round) {
    for (size_t bytes = 1; bytes <= FrameMemory::kMaxKeptPiece + 100; bytes += 7) {
      pieces.push_back({FrameMemory::Allocate(bytes), bytes});
      std::memset(pieces.back().memory, static_cast<int>(bytes), bytes);
    }
    size_t sum = 0;
    for (const auto& [memory, bytes] : pieces) {
      const auto* const bytes_of = static_cast<const unsigned char*>(memory);
      ASSERT_EQ(bytes_of[0], bytes & 0xFF);
      ASSERT_EQ(bytes_of[bytes - 1], bytes & 0xFF);
      sum += bytes;
    }
    EXPECT_EQ(FrameMemory::all_bytes() - before, sum);
    for (const auto& [memory, bytes] : pieces) FrameMemory::Free(memory, bytes);
    pieces.clear();
    EXPECT_EQ(FrameMemory::all_bytes(), before);
  }
}

TEST(FrameMemoryTest, AThreadKeepsNoMoreThanItMay) {
  std::thread([] {
    std::vector<void*> pieces;
    for (int i = 0; i < 1000; ++i) pieces.push_back(FrameMemory::Allocate(500));
    for (void* const piece : pieces) FrameMemory::Free(piece, 500);
    EXPECT_LE(FrameMemory::kept_bytes(), FrameMemory::kMaxKeptBytes);
    const size_t kept = FrameMemory::kept_bytes();
#if defined(__SANITIZE_ADDRESS__)
    EXPECT_EQ(kept, 0U);
#else
    EXPECT_GT(kept, FrameMemory::kMaxKeptBytes - 1000);
#endif
    FrameMemory::Free(FrameMemory::Allocate(FrameMemory::kMaxKeptPiece + 1),
                      FrameMemory::kMaxKeptPiece + 1);
    EXPECT_EQ(FrameMemory::kept_bytes(), kept);
  }).join();
}

TEST(FrameMemoryTest, OneThreadMayFreeWhatAnotherAllocated) {
  const size_t before = FrameMemory::all_bytes();
  std::vector<void*> pieces;
  for (int i = 0; i < 100; ++i) pieces.push_back(FrameMemory::Allocate(300));
  std::thread([&] {
    for (void* const piece : pieces) FrameMemory::Free(piece, 300);
  }).join();
  EXPECT_EQ(FrameMemory::all_bytes(), before);
}

}  // namespace
}  // namespace ssegw::sse
