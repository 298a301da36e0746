// Implementation notes
//
// A kept piece holds the pointer to the next one of its size. The thread's lists are constant
// initialised and have no destructor, so that frames may be freed until the very end of the thread;
// what gives them back is an object beside them.
//
// Each thread counts in one of kCounts places, so that threads that allocate at the same time do
// not wait for one another's cache lines. Who frees a piece is seldom who allocated it: a place may
// be below zero, and only the sum means something.
#include "internal/sse/frame_memory.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <numeric>
#include <utility>

namespace ssegw::sse {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

// glibc hands out as much as is asked for, rounded up to this, and 8 bytes less. So to round as it
// does wastes nothing.
constexpr size_t kUnit = 16;
constexpr size_t kHeader = 8;
constexpr size_t kSizes = FrameMemory::kMaxKeptPiece / kUnit + 2;

constexpr size_t UnitsOf(size_t bytes) { return (bytes + kHeader + kUnit - 1) / kUnit; }
constexpr size_t BytesOf(size_t units) { return units * kUnit - kHeader; }
static_assert(UnitsOf(FrameMemory::kMaxKeptPiece) < kSizes);

struct Piece {
  Piece* next;
};

struct Kept {
  std::array<Piece*, kSizes> by_units;
  size_t bytes;
  bool gives_back;
  bool ended;
};
constinit thread_local Kept kept = {};

struct GiveBackAtEnd {
  ~GiveBackAtEnd() {
    kept.ended = true;
    for (Piece*& first : kept.by_units) {
      while (first != nullptr) ::operator delete(std::exchange(first, first->next));
    }
    kept.bytes = 0;
  }
};

void GiveBackWhenThreadEnds() {
  static thread_local const GiveBackAtEnd at_end;
  kept.gives_back = true;
}

// Frames that the window evicts have long left the processor's caches. So the piece that comes next
// is fetched while the frame of this one is made.
void FetchForWriting(Piece* piece, size_t units) {
  constexpr size_t kLine = 64;
  char* const begin = reinterpret_cast<char*>(piece);
  for (size_t offset = 0; offset < BytesOf(units); offset += kLine) {
    __builtin_prefetch(begin + offset, 1);
  }
}

constexpr size_t kCounts = 16;
struct alignas(64) Count {
  std::atomic<int64_t> bytes{0};
};
constinit std::array<Count, kCounts> counts;
constinit std::atomic<size_t> threads{0};
constinit thread_local Count* count = nullptr;

void Add(int64_t bytes) {
  if (count == nullptr) {
    count = &counts[threads.fetch_add(1, std::memory_order_relaxed) % kCounts];
  }
  count->bytes.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace

void* FrameMemory::Allocate(size_t bytes) {
  Add(static_cast<int64_t>(bytes));
  const size_t units = UnitsOf(bytes);
  if (!kKeeps || units >= kSizes) return ::operator new(bytes);
  Piece*& first = kept.by_units[units];
  if (first == nullptr) return ::operator new(BytesOf(units));
  kept.bytes -= BytesOf(units);
  void* const piece = std::exchange(first, first->next);
  if (first != nullptr) FetchForWriting(first, units);
  return piece;
}

void FrameMemory::Free(void* piece, size_t bytes) {
  Add(-static_cast<int64_t>(bytes));
  const size_t units = UnitsOf(bytes);
  if (!kKeeps || units >= kSizes || kept.ended || kept.bytes + BytesOf(units) > kMaxKeptBytes) {
    return ::operator delete(piece);
  }
  if (!kept.gives_back) GiveBackWhenThreadEnds();
  Piece*& first = kept.by_units[units];
  first = new (piece) Piece{.next = first};
  kept.bytes += BytesOf(units);
}

size_t FrameMemory::all_bytes() {
  // Pieces that change hands while the places are read may be missing on one side.
  const int64_t sum = std::accumulate(counts.begin(), counts.end(), int64_t{0},
                                      [](int64_t before, const Count& place) {
                                        return before + place.bytes.load(std::memory_order_relaxed);
                                      });
  return static_cast<size_t>(std::max<int64_t>(sum, 0));
}

size_t FrameMemory::kept_bytes() { return kept.bytes; }

}  // namespace ssegw::sse
