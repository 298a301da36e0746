#ifndef SSEGW_GATEWAY_APP_MEMORY_STATE_H_
#define SSEGW_GATEWAY_APP_MEMORY_STATE_H_

#include <cstddef>

#include "gateway/app/memory_guard.h"
#include "gateway/app/memory_ledger.h"

namespace ssegw::app {

// How much memory is in use, in bytes, and what gives way to keep it below the limit.
struct MemoryState {
  size_t limit = 0;  // 0: none
  size_t in_use = 0;
  MemoryGuard::Level level = MemoryGuard::Level::kNone;
  MemoryLedger ledger;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_STATE_H_
