#include "internal/net/stream/open_connection.h"

#include "internal/net/stream/connection.h"

namespace ssegw::net {

const window::Filters& OpenConnection::filters() const { return connection_.filters(); }

base::Duration OpenConnection::min_interval() const { return connection_.min_interval(); }

std::string OpenConnection::sent_id() const { return connection_.sent_id(); }

ConnectionInfo OpenConnection::Describe(base::TimePoint now) const {
  return connection_.Describe(now);
}

}  // namespace ssegw::net
