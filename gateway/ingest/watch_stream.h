#ifndef SSEGW_GATEWAY_INGEST_WATCH_STREAM_H_
#define SSEGW_GATEWAY_INGEST_WATCH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/stream_limit.h"
#include "gateway/ingest/watch_source.h"
#include "gateway/ingest/workers.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::ingest {

class WatchStream;

// Calls that are told something for as long as they are open: of any service.
//
// Owns:     the registry of open calls; each call owns itself.
// Thread:   any.
// Lifetime: its parts outlive it; it outlives the server's shutdown.
// Errors:   a call is refused as PublisherService's are. It ends with UNAVAILABLE by EndAll, and
//           when its connection is as old as it may get; with UNAUTHENTICATED when its token
//           expires.
class WatchStreams {
 public:
  struct Parts {
    IngestStats& stats;
    PublisherConnections& connections;
    StreamLimit& streams;
    Workers& workers;
    const PublisherAuth& auth;
  };
  // Called once it is known who watches; nullptr: nobody asks.
  using Begin = std::function<absl::StatusOr<std::unique_ptr<WatchSource>>(
      const Publisher* publisher, Wake wake)>;

  explicit WatchStreams(const Parts& parts) : parts_(parts) {}

  // The reactor of a call. Its header is sent as soon as it has begun.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(grpc::CallbackServerContext* context,
                                                    Begin begin);

  // Ends every call, those to come too.
  void EndAll();
  // Ends those whose time is over.
  void EndDue(base::TimePoint now);

 private:
  friend class WatchStream;

  void Add(WatchStream& stream);
  void Remove(WatchStream& stream);

  const Parts parts_;
  base::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<WatchStream*> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_WATCH_STREAM_H_
