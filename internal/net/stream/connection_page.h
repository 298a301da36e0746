#ifndef SSEGW_INTERNAL_NET_STREAM_CONNECTION_PAGE_H_
#define SSEGW_INTERNAL_NET_STREAM_CONNECTION_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/time.h"
#include "internal/net/stream/connection.h"
#include "internal/net/stream/connection_info.h"
#include "internal/net/stream/shard_connections.h"

namespace ssegw::net {

// Whether an open connection is meant. Adds the filters that it looked at to looks.
bool Fits(const Connection& connection, const ConnectionCriteria& criteria, size_t& looks);

// The connections of one shard that come first in the order of their ids, as text, after a given
// id; found a slice at a time.
//
// Owns:     a share of at most size connections, some of which may close before it is done.
// Thread:   the shard's.
// Cost:     a slice takes some 0.1 ms: the caller gives others a turn between two.
class ConnectionPage {
 public:
  using Connections = std::vector<Connection*>;
  enum class Search : uint8_t { kGoesOn, kDone };
  static constexpr size_t kConnectionsPerSlice = 512;
  static constexpr size_t kFiltersPerSlice = 4096;
  static constexpr size_t kDescriptionsPerSlice = 32;

  // id_prefix: of the shard, what comes before the number. done: called by the last Step.
  ConnectionPage(PageWanted wanted, std::string_view id_prefix, ShardConnections::FoundPage done);

  // connections: as for SlowestConnections::Step.
  Search Step(const Connections& connections, base::TimePoint now);

 private:
  // Its number as text, which decides the order within a shard.
  struct Found {
    std::string number;
    std::shared_ptr<Connection> connection;
  };
  static bool Before(const Found& a, const Found& b) { return a.number < b.number; }
  void Look(Connection& connection, size_t& looks);
  // Drops what was found twice.
  void Sort();

  const PageWanted wanted_;
  // Of an id that is one of this shard's, the number is after this.
  std::string after_;
  ShardConnections::FoundPage done_;
  bool begun_ = false;
  bool sorted_ = false;
  // No id of this shard comes after wanted_.after.
  bool is_past_ = false;
  // From the last to the first, so that none is passed over. One may be looked at twice.
  size_t left_ = 0;
  // Until it is sorted a heap, whose front is the last in order.
  std::vector<Found> found_;
  size_t described_ = 0;
  std::vector<ConnectionInfo> infos_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_CONNECTION_PAGE_H_
