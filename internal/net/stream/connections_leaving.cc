#include "internal/net/stream/connections_leaving.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "internal/net/stream/connection_page.h"

namespace ssegw::net {

ConnectionsLeaving::ConnectionsLeaving(LeavingWanted wanted, ShardConnections::Left done)
    : wanted_(std::move(wanted)), done_(std::move(done)) {}

ConnectionsLeaving::Search ConnectionsLeaving::Step(const NumberedList<Connection>& connections,
                                                    std::chrono::milliseconds default_retry) {
  const std::chrono::milliseconds retry = wanted_.retry.value_or(default_retry);
  size_t closed = 0;
  for (; next_number_ < wanted_.numbers.size() && closed < kClosedPerSlice; ++next_number_) {
    Connection* const connection = connections.Find(wanted_.numbers[next_number_]);
    if (connection != nullptr && connection->SendAway(retry)) ++closed;
  }
  const std::vector<Connection*>& all = connections.all();
  if (wanted_.criteria && !std::exchange(begun_, true)) left_ = all.size();
  size_t looks = 0;
  for (size_t i = 0; i < ConnectionPage::kConnectionsPerSlice; ++i) {
    left_ = std::min(left_, all.size());
    if (left_ == 0 || closed >= kClosedPerSlice || looks >= ConnectionPage::kFiltersPerSlice) break;
    Connection& connection = *all[--left_];
    if (Fits(connection, *wanted_.criteria, looks) && connection.SendAway(retry)) ++closed;
  }
  closed_ += closed;
  if (next_number_ < wanted_.numbers.size() || left_ > 0) return Search::kGoesOn;
  std::move(done_)(closed_);
  return Search::kDone;
}

}  // namespace ssegw::net
