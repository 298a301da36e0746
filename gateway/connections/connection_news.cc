#include "gateway/connections/connection_news.h"

#include "gateway/connections/page_answer.h"
#include "internal/net/stream/open_connection.h"

namespace ssegw::connections {

void ConnectionNews::Change(const net::Connection& connection, int64_t by) {
  const net::OpenConnection open(connection);
  demand_.Change(open.filters(), open.min_interval(), by);
  if (shared_demand_ != nullptr) shared_demand_->Change(open.filters(), open.min_interval(), by);
}

void ConnectionNews::OnOpened(const net::Connection& connection, std::string_view last_event_id,
                              base::TimePoint now) {
  Change(connection, 1);
  if (!lifecycle_.wanted()) return;
  const auto message = ToMessage(net::OpenConnection(connection).Describe(now), replica_);
  lifecycle_.Opened(message, last_event_id, now);
  if (shared_lifecycle_ != nullptr) shared_lifecycle_->Opened(message, last_event_id);
}

void ConnectionNews::OnClosed(const net::Connection& connection, net::CloseReason reason,
                              base::TimePoint now) {
  Change(connection, -1);
  if (!lifecycle_.wanted()) return;
  const net::OpenConnection open(connection);
  const auto message = ToMessage(open.Describe(now), replica_);
  lifecycle_.Closed(message, net::ToString(reason), now, open.sent_id());
  if (shared_lifecycle_ != nullptr) shared_lifecycle_->Closed(message, net::ToString(reason));
}

}  // namespace ssegw::connections
