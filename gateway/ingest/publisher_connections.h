#ifndef SSEGW_GATEWAY_INGEST_PUBLISHER_CONNECTIONS_H_
#define SSEGW_GATEWAY_INGEST_PUBLISHER_CONNECTIONS_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/log/rate_limited.h"

namespace ssegw::ingest {

// The connections of publishers: how many there may be, which of them make place for others, and
// how old each may get. gRPC owns the sockets; nobody tells when it closes one, but then the
// descriptor is free, or is another socket with an inode of its own.
//
// Who makes place for a connection beyond the limit, the longest open first: one that has made no
// call; and for an address that has published, one of an address that has not. Where there is none
// the new one is refused.
//
// Thread:   any.
// Lifetime: stats outlive it.
// Cost:     of a call: one lock and one lookup. When it is full, of an accept: a look at every
//           socket, 50 times a second at most.
class PublisherConnections {
 public:
  // max: of connections, at least 1. max_age: of each, give or take 15 %; zero: any.
  PublisherConnections(size_t max, base::Duration max_age, IngestStats* stats);
  PublisherConnections(const PublisherConnections&) = delete;
  PublisherConnections& operator=(const PublisherConnections&) = delete;

  // A socket was accepted; peer as PeerOf has it (call_rules.h). False: it is to be closed.
  bool Admit(int fd, std::string_view peer, base::TimePoint now = base::Now());
  // A call has begun on a connection. Returns when its streams are to end; max: never.
  base::TimePoint Called(std::string_view peer, base::TimePoint now = base::Now());
  // An event of this peer was taken.
  void Published(std::string_view peer);
  // Forgets connections that are gone. Call several times a second.
  void Sweep(base::TimePoint now = base::Now());

  size_t max() const { return max_; }

 private:
  struct Connection {
    int fd;
    ino_t inode;
    base::TimePoint since;
    base::TimePoint ends_at;
    bool called = false;
  };

  void SweepNow(base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MakePlace(bool has_published) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool EvictFirst(std::deque<std::string>& peers, bool silent_only)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(base::StringMap<Connection>::iterator connection)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  base::TimePoint EndOf(base::TimePoint since) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_;
  const base::Duration max_age_;
  IngestStats* const stats_;

  base::Mutex mutex_;
  // By peer. Those of a unix socket all have the same, and are kept under names of their own.
  base::StringMap<Connection> connections_ ABSL_GUARDED_BY(mutex_);
  // In the order in which they were accepted; some may be gone, or have made a call since.
  std::deque<std::string> silent_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> in_order_ ABSL_GUARDED_BY(mutex_);
  // Addresses that have published, without their ports, and their turn; the earliest is forgotten.
  base::StringMap<uint64_t> published_ ABSL_GUARDED_BY(mutex_);
  uint64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t of_unix_ ABSL_GUARDED_BY(mutex_) = 0;
  base::TimePoint swept_at_ ABSL_GUARDED_BY(mutex_);
  bool nearly_full_ ABSL_GUARDED_BY(mutex_) = false;
  log::RateLimited nearly_full_log_{std::chrono::seconds(1)};
  std::minstd_rand random_ ABSL_GUARDED_BY(mutex_){std::random_device{}()};
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISHER_CONNECTIONS_H_
