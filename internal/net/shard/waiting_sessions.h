#ifndef SSEGW_INTERNAL_NET_SHARD_WAITING_SESSIONS_H_
#define SSEGW_INTERNAL_NET_SHARD_WAITING_SESSIONS_H_

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>

#include "internal/net/shard/session.h"

namespace ssegw::net {

// A session that waits. It is in one of the lists of WaitingSessions or in none.
struct WaitingSession : boost::intrusive::list_base_hook<> {
  explicit WaitingSession(Session& waiting) : session(waiting) {}

  Session& session;

 private:
  friend class WaitingSessions;  // a hook
  enum class List : uint8_t { kNone, kIdle, kHalf, kHeld };
  List list_ = List::kNone;
  uint64_t number_ = 0;
};

// The sessions of a shard that carry no event stream and may give way to others, in the order in
// which they began to wait.
//
// Owns:     nothing; a session takes itself out before it goes.
// Thread:   the shard's.
// Cost:     constant time.
class WaitingSessions {
 public:
  // Waits for a request, or for its peer to close.
  void AddIdle(WaitingSession& waiting);
  // Has sent half a request. Comes from the idle ones, and keeps its place among them.
  void AddHalf(WaitingSession& waiting);
  // Was shed and told so; its answer has still to end.
  void AddHeld(WaitingSession& waiting);
  void Remove(WaitingSession& waiting);

  // The one that has waited longest, idle or with half a request; nullptr if there is none.
  Session* longest_idle();
  // Of those with half a request the one whose request began first; nullptr if there are none or
  // one.
  Session* longest_half();
  // nullptr if there is none.
  Session* longest_held();
  size_t held() const { return held_.size(); }

 private:
  using List = boost::intrusive::list<WaitingSession>;

  void Move(WaitingSession& waiting, WaitingSession::List to);
  List& Of(WaitingSession::List list);

  List idle_;
  List half_;
  List held_;
  uint64_t next_number_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_WAITING_SESSIONS_H_
