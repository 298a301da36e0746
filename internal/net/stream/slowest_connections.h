#ifndef SSEGW_INTERNAL_NET_STREAM_SLOWEST_CONNECTIONS_H_
#define SSEGW_INTERNAL_NET_STREAM_SLOWEST_CONNECTIONS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "internal/base/time.h"
#include "internal/net/stream/connection.h"
#include "internal/net/stream/connection_info.h"

namespace ssegw::net {

// The search for the slowest connections of one shard, a slice of them at a time.
//
// Owns:     a share of at most count connections, some of which may close before it is done.
// Thread:   the shard's.
// Cost:     a slice takes some 0.1 ms, and half a millisecond with 128 descriptions: the caller
//           gives others a turn between two slices.
class SlowestConnections {
 public:
  using Connections = std::vector<Connection*>;
  enum class Search : uint8_t { kGoesOn, kDone };
  static constexpr size_t kRanksPerSlice = 512;
  static constexpr size_t kDescriptionsPerSlice = 128;

  // done: called by the last Step, slowest first.
  SlowestConnections(size_t count, std::function<void(std::vector<ConnectionInfo>)> done);

  // connections: all of the shard. Their order is the same from one call to the next, except that
  // the last one takes the place of one that left.
  Search Step(const Connections& connections, base::TimePoint now);

 private:
  struct Found {
    ConnectionRank rank;
    std::shared_ptr<Connection> connection;
  };
  static bool Slower(const Found& a, const Found& b) { return a.rank.SlowerThan(b.rank); }
  void Rank(Connection& connection, base::TimePoint now);
  // Sorts what was found, and drops what was found twice.
  void Sort();

  const size_t count_;
  const std::function<void(std::vector<ConnectionInfo>)> done_;
  bool begun_ = false;
  bool sorted_ = false;
  // From the last to the first, so that none is passed over. One may be ranked twice.
  size_t left_ = 0;
  // Until it is sorted a heap, whose front is the least slow of them.
  std::vector<Found> found_;
  size_t described_ = 0;
  std::vector<ConnectionInfo> infos_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_SLOWEST_CONNECTIONS_H_
