#include "tests/unit/fanout/alive_frames.h"

#include <cstddef>

#include "absl/container/flat_hash_set.h"

namespace {

// Never destroyed: what is freed at exit asks it too.
absl::flat_hash_set<const void*>& Alive() {
  static auto& alive = *new absl::flat_hash_set<const void*>();
  return alive;
}

}  // namespace

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
void __real__ZN5ssegw3sse11FrameMemory4FreeEPvm(void* piece, size_t bytes);
void __wrap__ZN5ssegw3sse11FrameMemory4FreeEPvm(void* piece, size_t bytes) {
  Alive().erase(piece);
  __real__ZN5ssegw3sse11FrameMemory4FreeEPvm(piece, bytes);
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace ssegw::fanout {

void AliveFrames::Add(const sse::Frame& frame) { Alive().insert(&frame); }

std::vector<uint64_t> AliveFrames::Seqs() {
  std::vector<uint64_t> seqs;
  for (const void* frame : Alive()) seqs.push_back(static_cast<const sse::Frame*>(frame)->seq());
  return seqs;
}

}  // namespace ssegw::fanout
