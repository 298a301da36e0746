#ifndef SSEGW_INTERNAL_NET_STREAM_RESPONSE_BODY_H_
#define SSEGW_INTERNAL_NET_STREAM_RESPONSE_BODY_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "internal/base/time.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/transport/tcp_info.h"
#include "internal/net/transport/tcp_progress.h"

namespace ssegw::net {

// Where a connection writes: the body of one response of a session. The session calls the
// connection's OnWritable and OnGone.
//
// Thread: the shard's.
class ResponseBody {
 public:
  // What a connection writes: events as they come, or what it has not got yet.
  enum class Writing : uint8_t { kLive, kBehind };

  // The number of bytes taken at once; 0 if it takes none, negative if the peer is gone. They are
  // on their way in the kernel, or in the session's output, which is bounded.
  virtual ssize_t Write(std::span<const iovec> pieces, Writing writing) = 0;
  // OnWritable is called once, when Write takes something again.
  virtual void WaitWritable(base::TimePoint now) = 0;
  // The body is whole. OnGone follows when its peer has closed, or has had the time to.
  virtual void End() = 0;
  // The body ends without what Write has not taken, where that cannot be taken for a cut. False: it
  // can here, or, unless it has to be now, the rest may still be taken.
  virtual bool EndShort(bool now) = 0;
  // Gives up the response; OnGone is called with that reason before it returns.
  virtual void Abort(CloseReason reason) = 0;

  // Whether the peer takes what it is sent: see TcpProgress. The time counts from the response's
  // beginning.
  virtual TcpProgress::Peer CheckProgress(base::TimePoint now, base::Duration timeout) = 0;
  virtual std::optional<LinkInfo> link() const = 0;

  // Keeps this and its connection alive.
  virtual std::shared_ptr<void> Share() = 0;

 protected:
  ~ResponseBody() = default;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_RESPONSE_BODY_H_
