#ifndef SSEGW_GATEWAY_APP_MEMORY_WATCH_H_
#define SSEGW_GATEWAY_APP_MEMORY_WATCH_H_

#include <atomic>
#include <cstddef>

#include "gateway/app/edge.h"
#include "gateway/app/memory_budget.h"
#include "gateway/app/memory_guard.h"
#include "gateway/app/memory_ledger.h"
#include "gateway/app/memory_state.h"
#include "gateway/app/memory_use.h"
#include "gateway/auth/token_cache.h"
#include "gateway/connections/demand.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/time.h"
#include "internal/store/store.h"
#include "internal/transcode/scratch.h"
#include "internal/window/window.h"

namespace ssegw::app {

// Measures the memory in use, and makes the parts give way as MemoryGuard decides.
//
// Thread:   Tick one; what is const: any.
// Lifetime: all that it is given outlives it.
class MemoryWatch {
 public:
  struct Parts {
    window::Window& window;
    store::Store& store;
    Edge& edge;
    const http::PublicService& public_service;
    const ingest::IngestStats& ingest;
    const transcode::Scratch& scratch;
    const auth::TokenCache* tokens;  // null: there are none
    const connections::Lifecycle& lifecycle;
    const connections::Demand& demand;
  };
  MemoryWatch(const MemoryUse& use, const MemoryBudget& budget, const Parts& parts);

  // Call several times a second.
  void Tick(base::TimePoint now);

  // Events have been refused for long: no publisher should come here.
  bool starves() const { return starves_; }
  MemoryState state() const;

 private:
  // Returns what is in use after that.
  size_t ReleaseFreed(size_t in_use, size_t ledger_bytes, base::TimePoint now);
  void CutHolders(size_t frame_bytes, base::TimePoint now);
  void GiveWay(const MemoryGuard::Verdict& verdict, size_t in_use);

  const MemoryUse& use_;
  const MemoryBudget& budget_;
  const Parts parts_;
  const MemoryLedger::Sources sources_;
  MemoryGuard guard_;
  MemoryReleaser releaser_;
  // The window gave bytes back at the last Tick.
  bool window_gave_ = false;
  base::TimePoint cut_at_;
  // As of the last Tick.
  std::atomic<size_t> in_use_{0};
  std::atomic<MemoryGuard::Level> level_{MemoryGuard::Level::kNone};
  std::atomic<bool> starves_{false};
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_WATCH_H_
