#include "gateway/app/memory_watch.h"

#include <malloc.h>

#include <utility>
#include <vector>

#include "internal/log/log.h"

namespace ssegw::app {
namespace {

// At least so long between two searches for connections that hold old frames.
constexpr base::Duration kCutInterval = std::chrono::seconds(1);

MemoryLedger::Sources SourcesOf(const MemoryWatch::Parts& parts) {
  std::vector<const net::ShardThread*> shards = parts.edge.shards();
  shards.push_back(&parts.edge.front());
  return {.shards = std::move(shards),
          .window = parts.window,
          .store = parts.store,
          .public_service = parts.public_service,
          .ingest = parts.ingest,
          .scratch = parts.scratch,
          .tokens = parts.tokens,
          .lifecycle = parts.lifecycle,
          .demand = parts.demand};
}

}  // namespace

MemoryWatch::MemoryWatch(const MemoryUse& use, const MemoryBudget& budget, const Parts& parts)
    : use_(use),
      budget_(budget),
      parts_(parts),
      sources_(SourcesOf(parts)),
      guard_(use.limit(), budget.window_bytes),
      releaser_(use.limit()) {}

void MemoryWatch::Tick(base::TimePoint now) {
  if (use_.limit() == 0) return;
  const MemoryLedger ledger = MemoryLedger::Take(sources_);
  const size_t in_use = ReleaseFreed(use_.in_use(), ledger.sum(), now);
  const MemoryGuard::Verdict verdict = guard_.Assess(in_use, parts_.window.stats().bytes, now);
  in_use_ = in_use;
  starves_ = verdict.starves;
  parts_.window.SetLogMaxBytes(verdict.window_max_bytes);
  window_gave_ = verdict.release;
  CutHolders(ledger[MemoryClass::kFrames], now);
  GiveWay(verdict, in_use);
}

MemoryState MemoryWatch::state() const {
  return {.limit = use_.limit(),
          .in_use = in_use_,
          .level = level_,
          .ledger = MemoryLedger::Take(sources_)};
}

size_t MemoryWatch::ReleaseFreed(size_t in_use, size_t ledger_bytes, base::TimePoint now) {
  if (!releaser_.IsTime(in_use, ledger_bytes, std::exchange(window_gave_, false), now)) {
    return in_use;
  }
  ::malloc_trim(0);
  const size_t in_use_after = use_.in_use();
  releaser_.Released(in_use_after);
  return in_use_after;
}

void MemoryWatch::CutHolders(size_t frame_bytes, base::TimePoint now) {
  if (frame_bytes <= budget_.frame_bytes || now - cut_at_ < kCutInterval) return;
  cut_at_ = now;
  parts_.edge.CutHolders(parts_.window.earliest_cursor() + 1, frame_bytes - budget_.frame_bytes);
}

void MemoryWatch::GiveWay(const MemoryGuard::Verdict& verdict, size_t in_use) {
  const MemoryGuard::Level before = level_.exchange(verdict.level);
  if (before == verdict.level) return;
  parts_.edge.SetPressure(PressureAt(verdict.level));
  parts_.store.SetFull(RefusesEvents(verdict.level));
  log::Log(verdict.level > before ? log::Level::kWarn : log::Level::kInfo, "memory",
           {{"gives_way", ToString(verdict.level)},
            {"in_use", in_use},
            {"limit", use_.limit()},
            {"window_max_bytes", verdict.window_max_bytes}});
}

}  // namespace ssegw::app
