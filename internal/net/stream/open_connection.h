#ifndef SSEGW_INTERNAL_NET_STREAM_OPEN_CONNECTION_H_
#define SSEGW_INTERNAL_NET_STREAM_OPEN_CONNECTION_H_

#include <string>

#include "internal/base/time.h"
#include "internal/net/stream/connection_info.h"
#include "internal/window/filter.h"

namespace ssegw::net {

class Connection;

// What a ConnectionListener may ask of a connection, without knowing what one is made of.
//
// Thread: its shard's.
class OpenConnection {
 public:
  explicit OpenConnection(const Connection& connection) : connection_(connection) {}

  const window::Filters& filters() const;
  // Zero: it has no maxRate.
  base::Duration min_interval() const;
  // fanout::Subscription::sent_id
  std::string sent_id() const;
  ConnectionInfo Describe(base::TimePoint now) const;

 private:
  const Connection& connection_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_OPEN_CONNECTION_H_
