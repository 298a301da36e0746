#ifndef SSEGW_INTERNAL_NET_SLOWEST_STREAMS_H_
#define SSEGW_INTERNAL_NET_SLOWEST_STREAMS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "internal/base/time.h"
#include "internal/net/stream_info.h"

namespace ssegw::net {

class Connection;

// The slowest event streams of one shard, as it goes through its connections some at a time.
//
// Owns:     a share of at most count connections, some of which may be closed before it is done.
// Thread:   the shard's.
// Cost:     a slice takes some 0.1 ms, and with 128 descriptions half a millisecond: it is for the
//           caller to give others a turn in between.
class SlowestStreams {
 public:
  using Connections = std::vector<std::shared_ptr<Connection>>;

  static constexpr size_t kLooksPerSlice = 512;
  static constexpr size_t kDescriptionsPerSlice = 128;

  // done: called by the last Go, slowest first.
  SlowestStreams(size_t count, std::function<void(std::vector<StreamInfo>)> done);

  // connections: all of the shard, with the same order from one call to the next, but for that one
  // that leaves is replaced by the last. False: it is done.
  bool Go(const Connections& connections, base::TimePoint now);

 private:
  struct Found {
    StreamRank rank;
    std::shared_ptr<Connection> connection;
  };
  static bool Slower(const Found& a, const Found& b) { return a.rank.SlowerThan(b.rank); }

  void Look(const std::shared_ptr<Connection>& connection, base::TimePoint now);
  // Of what was found, in order.
  void Sort();

  const size_t count_;
  const std::function<void(std::vector<StreamInfo>)> done_;
  bool begun_ = false;
  bool sorted_ = false;
  // From the last to the first, so that none is passed over. One may be looked at twice.
  size_t left_ = 0;
  // Until it is sorted a heap, whose front is the least slow of them.
  std::vector<Found> found_;
  size_t described_ = 0;
  std::vector<StreamInfo> infos_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SLOWEST_STREAMS_H_
