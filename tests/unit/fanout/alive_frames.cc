#include "tests/unit/fanout/alive_frames.h"

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
void __real__ZdlPv(void* memory);
void __wrap__ZdlPv(void* memory) {
  Alive().erase(memory);
  __real__ZdlPv(memory);
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
