#ifndef SSEGW_INTERNAL_NET_SHARD_HANDSHAKE_QUEUE_H_
#define SSEGW_INTERNAL_NET_SHARD_HANDSHAKE_QUEUE_H_

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace ssegw::net {

// What shakes hands, a step at a time.
class Handshaking : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~Handshaking() = default;
  // A step: as far as the peer's bytes go, and at most one operation with the private key.
  virtual void Step() = 0;
  // Gives up, so that another one can begin.
  virtual void GiveUp() = 0;

 private:
  friend class HandshakeQueue;  // its place among those under way
  bool under_way_ = false;
};

// The handshakes of one shard. They are the one thing by which a stranger can keep a shard's thread
// busy (some 0.2 ms each), so their steps are work that gives way to deliveries
// (ShardContext::Work), one at a time. Those that have begun go first; how many have, and hold
// OpenSSL's memory, is bounded: where there are too many, the one that began first gives up, as it
// waits for a peer that does not go on.
//
// Owns:     nothing of a handshake; each takes itself out before it goes.
// Thread:   the shard's.
class HandshakeQueue {
 public:
  // Some 40 KiB each. At the pace at which a shard shakes hands, a peer has 0.2 s for its part
  // before a flood takes its place.
  static constexpr size_t kMaxUnderWay = 1024;

  // work: as ShardContext::Work.
  explicit HandshakeQueue(std::function<void(std::function<bool()>)> work)
      : work_(std::move(work)) {}
  HandshakeQueue(const HandshakeQueue&) = delete;
  HandshakeQueue& operator=(const HandshakeQueue&) = delete;

  // Its next step is due. One that is gone by then is passed over.
  void Add(const std::shared_ptr<Handshaking>& handshake);
  // It is over.
  void Remove(Handshaking& handshake);

  size_t under_way() const { return under_way_.size(); }

 private:
  using Queue = std::deque<std::weak_ptr<Handshaking>>;

  // One step of one handshake. True: there is more.
  bool Step();
  void Begin(Handshaking& handshake);

  const std::function<void(std::function<bool()>)> work_;
  Queue begun_;
  Queue fresh_;
  boost::intrusive::list<Handshaking> under_way_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_HANDSHAKE_QUEUE_H_
