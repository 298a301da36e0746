#ifndef SSEGW_INTERNAL_NET_STREAM_CONNECTIONS_LEAVING_H_
#define SSEGW_INTERNAL_NET_STREAM_CONNECTIONS_LEAVING_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "internal/net/shard/numbered_list.h"
#include "internal/net/stream/connection.h"
#include "internal/net/stream/shard_connections.h"

namespace ssegw::net {

// Sends connections of one shard away, a slice of them at a time.
//
// Thread: the shard's.
// Cost:   a slice takes less than a millisecond: the caller gives others a turn between two.
class ConnectionsLeaving {
 public:
  enum class Search : uint8_t { kGoesOn, kDone };
  static constexpr size_t kClosedPerSlice = 64;

  // done: called by the last Step.
  ConnectionsLeaving(LeavingWanted wanted, ShardConnections::Left done);

  // default_retry: --retry.
  Search Step(const NumberedList<Connection>& connections, std::chrono::milliseconds default_retry);

 private:
  const LeavingWanted wanted_;
  ShardConnections::Left done_;
  size_t next_number_ = 0;
  bool begun_ = false;
  // From the last to the first: the last one takes the place of one that is gone.
  size_t left_ = 0;
  uint64_t closed_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_CONNECTIONS_LEAVING_H_
