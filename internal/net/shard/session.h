#ifndef SSEGW_INTERNAL_NET_SHARD_SESSION_H_
#define SSEGW_INTERNAL_NET_SHARD_SESSION_H_

#include <cstdint>
#include <memory>

#include "internal/base/time.h"
#include "internal/net/shard/epoll_set.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/unordered_list.h"

namespace ssegw::net {

// What speaks HTTP over one transport, as its shard sees it. Event streams that it carries are
// Connections.
//
// Thread:   its shard's.
// Lifetime: its shard holds it until it closes, handlers of pending operations as long as they run.
class Session : public EpollHandler, public Listed, public std::enable_shared_from_this<Session> {
 public:
  virtual ~Session() = default;

  // The session closes at that time, gracefully: what has been asked by then is answered. The
  // earliest of several calls counts. Its connections have times of their own.
  virtual void LeaveAt(base::TimePoint when) = 0;
  virtual bool carries_connections() const = 0;
  // The last connections leave from now on, until ShardContext::drained_at().
  virtual void OnDrain() {}

  // Closes a waiting session, so that others have its place, unless a request has come meanwhile.
  enum class GaveWay : uint8_t { kNo, kYes };
  virtual GaveWay GiveWay() = 0;
  // A deadline of its exchange, or of its lingering, has passed.
  virtual void OnDeadline() = 0;
  // Half a request has come, and there is no room for it any more.
  virtual void RefuseHalfRequest() = 0;
  // Ends an answer that is held.
  virtual void EndHold() = 0;

  // Closes the session and its connections at once. Does nothing if it is closed.
  virtual void Close(CloseReason reason) = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_SESSION_H_
