#include "internal/net/stream/connection_page.h"

#include <algorithm>
#include <utility>

#include "internal/window/filter_intersection.h"

namespace ssegw::net {

bool Fits(const Connection& connection, const ConnectionCriteria& criteria, size_t& looks) {
  if (!criteria.subject.empty() && connection.identity() != criteria.subject) return false;
  if (!criteria.address.empty() && connection.address() != criteria.address) return false;
  if (!criteria.filter) return true;
  const std::vector<window::FilterView>& filters = connection.filters().all();
  looks += filters.size();
  return std::ranges::any_of(filters, [&](const window::FilterView& own) {
    return window::ShareTopic(own, *criteria.filter);
  });
}

ConnectionPage::ConnectionPage(PageWanted wanted, std::string_view id_prefix,
                               ShardConnections::FoundPage done)
    : wanted_(std::move(wanted)), done_(std::move(done)) {
  const std::string_view after = wanted_.after;
  if (after.starts_with(id_prefix)) {
    after_ = after.substr(id_prefix.size());
  } else {
    is_past_ = after > id_prefix;
  }
}

ConnectionPage::Search ConnectionPage::Step(const Connections& connections, base::TimePoint now) {
  if (!std::exchange(begun_, true)) left_ = is_past_ ? 0 : connections.size();
  left_ = std::min(left_, connections.size());
  if (left_ > 0) {
    size_t looks = 0;
    for (size_t i = 0; i < kConnectionsPerSlice && looks < kFiltersPerSlice && left_ > 0; ++i) {
      Look(*connections[--left_], looks);
    }
    return Search::kGoesOn;
  }
  if (!std::exchange(sorted_, true)) Sort();
  const size_t end = std::min(found_.size(), described_ + kDescriptionsPerSlice);
  for (; described_ < end; ++described_) {
    const Connection& connection = *found_[described_].connection;
    if (connection.is_open()) infos_.push_back(connection.Describe(now));
  }
  if (described_ < found_.size()) return Search::kGoesOn;
  std::move(done_)(std::move(infos_));
  return Search::kDone;
}

void ConnectionPage::Look(Connection& connection, size_t& looks) {
  Found found{.number = std::to_string(connection.number()), .connection = nullptr};
  if (found.number <= after_) return;
  const bool is_full = found_.size() == wanted_.size;
  if (is_full && !Before(found, found_.front())) return;
  if (!Fits(connection, wanted_.criteria, looks)) return;
  if (is_full) {
    std::pop_heap(found_.begin(), found_.end(), Before);
    found_.pop_back();
  }
  found.connection = connection.Share();
  found_.push_back(std::move(found));
  std::push_heap(found_.begin(), found_.end(), Before);
}

void ConnectionPage::Sort() {
  std::sort(found_.begin(), found_.end(), Before);
  const auto end = std::unique(found_.begin(), found_.end(),
                               [](const Found& a, const Found& b) { return a.number == b.number; });
  found_.erase(end, found_.end());
}

}  // namespace ssegw::net
