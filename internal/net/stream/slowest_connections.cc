#include "internal/net/stream/slowest_connections.h"

#include <algorithm>
#include <utility>

namespace ssegw::net {

SlowestConnections::SlowestConnections(size_t count,
                                       std::function<void(std::vector<ConnectionInfo>)> done)
    : count_(count), done_(std::move(done)) {}

SlowestConnections::Search SlowestConnections::Step(const Connections& connections,
                                                    base::TimePoint now) {
  if (!std::exchange(begun_, true)) left_ = connections.size();
  left_ = std::min(left_, connections.size());
  if (left_ > 0) {
    for (size_t i = 0; i < kRanksPerSlice && left_ > 0; ++i) Rank(*connections[--left_], now);
    return Search::kGoesOn;
  }
  if (!std::exchange(sorted_, true)) Sort();
  const size_t end = std::min(found_.size(), described_ + kDescriptionsPerSlice);
  for (; described_ < end; ++described_) {
    const Connection& connection = *found_[described_].connection;
    if (!connection.is_open()) continue;
    infos_.push_back(connection.Describe(now));
    infos_.back().link = connection.link();
  }
  if (described_ < found_.size()) return Search::kGoesOn;
  // A moment later than when they were found, some have caught up.
  std::sort(infos_.begin(), infos_.end(), [](const ConnectionInfo& a, const ConnectionInfo& b) {
    return a.rank.SlowerThan(b.rank);
  });
  done_(std::move(infos_));
  return Search::kDone;
}

void SlowestConnections::Rank(Connection& connection, base::TimePoint now) {
  Found found{.rank = connection.rank(now), .connection = nullptr};
  if (found_.size() == count_) {
    if (!Slower(found, found_.front())) return;
    std::pop_heap(found_.begin(), found_.end(), Slower);
    found_.pop_back();
  }
  found.connection = connection.Share();
  found_.push_back(std::move(found));
  std::push_heap(found_.begin(), found_.end(), Slower);
}

void SlowestConnections::Sort() {
  const auto of = [](const Found& found) { return found.connection.get(); };
  std::sort(found_.begin(), found_.end(),
            [&](const Found& a, const Found& b) { return of(a) < of(b); });
  const auto end = std::unique(found_.begin(), found_.end(),
                               [&](const Found& a, const Found& b) { return of(a) == of(b); });
  found_.erase(end, found_.end());
  std::sort(found_.begin(), found_.end(), Slower);
}

}  // namespace ssegw::net
