#include "internal/net/shard/shard_context.h"

#include <algorithm>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::net {
namespace {

// How many turns of deliveries a piece of work waits for.
constexpr size_t kMaxGivesWay = 4;

}  // namespace

ShardContext::ShardContext(std::string_view name, EventLoop& loop, window::Window& window,
                           Admission& admission, const ConnectionOptions& options)
    : loop_(loop),
      admission_(admission),
      options_(options),
      fanout_(window,
              [this] {
                loop_.Post([this] {
                  if (!turning_) Turn();
                });
              }),
      connection_id_prefix_(base::Concat(name, "-")) {}

void ShardContext::BoundWaiting() {
  if (std::exchange(bounds_waiting_, true)) return;
  // What one session sends fits in any case, and is bounded by what a head may have.
  while (stats_.head_bytes.value() > options_.max_head_bytes &&
         waiting_.longest_half() != nullptr) {
    const auto session = waiting_.longest_half()->shared_from_this();
    session->RefuseHalfRequest();
  }
  while (waiting_.held() > options_.max_held) {
    const auto session = waiting_.longest_held()->shared_from_this();
    session->EndHold();
  }
  bounds_waiting_ = false;
}

std::string ShardContext::ConnectionId(uint64_t number) const {
  return base::Concat(connection_id_prefix_, number);
}

std::chrono::milliseconds ShardContext::JitteredRetry(double spread) {
  return Jittered(options_.retry) + std::chrono::duration_cast<std::chrono::milliseconds>(
                                        options_.drain_window * (spread * Random()));
}

std::chrono::milliseconds ShardContext::Jittered(std::chrono::milliseconds retry) {
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(retry * (0.5 + Random())),
                  std::chrono::milliseconds(1));
}

void ShardContext::Turn() {
  turning_ = fanout_.Turn(base::Now()) == fanout::Work::kMore;
  if (turning_) loop_.Post([this] { Turn(); });
}

void ShardContext::Work(std::function<bool()> work) {
  work_.push_back(std::move(work));
  if (work_.size() == 1) loop_.Post([this] { WorkOn(); });
}

void ShardContext::WorkOn() {
  if (turning_ && ++work_gave_way_ < kMaxGivesWay) return loop_.Post([this] { WorkOn(); });
  work_gave_way_ = 0;
  std::function<bool()> work = std::move(work_.front());
  const bool more = work();
  work_.pop_front();
  if (more) work_.push_back(std::move(work));
  if (!work_.empty()) loop_.Post([this] { WorkOn(); });
}

}  // namespace ssegw::net
