#ifndef SSEGW_INTERNAL_NET_TRANSPORT_LINGERING_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_LINGERING_H_

#include <cstdint>
#include <optional>

#include "internal/base/time.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/waiting_sessions.h"
#include "internal/net/transport/transport.h"

namespace ssegw::net {

// The end of a transport: everything has been written, and the peer is given the time to take it
// and to close. Closing a socket with unread bytes resets it, and a reset takes from the peer what
// it has not read yet (RFC 9112 section 9.6).
//
// It is among the shard's idle sessions.
//
// Thread:   the shard's.
// Lifetime: a member of its session, which closes when a call says why.
class Lingering final : public WaitingSession, private fanout::WheelEntry {
 public:
  // What the peer may still send.
  enum class Input : uint8_t {
    kNothing,      // beyond a few bytes that nobody asked for
    kRequestBody,  // what follows a request that was answered without reading all of it
  };

  Lingering(Session& owner, ShardContext& shard, Transport& transport)
      : WaitingSession(owner), shard_(shard), transport_(transport) {}
  ~Lingering() override { shard_.waiting().Remove(*this); }

  // These return why the session closes; nullopt: it lingers on.
  std::optional<CloseReason> Start(Input input);
  std::optional<CloseReason> OnReadable();
  std::optional<CloseReason> OnDeadline();

 private:
  // fanout::WheelEntry
  void OnDeadline(base::TimePoint) override { session.OnDeadline(); }
  // The peer has not taken all that it was sent, but goes on taking.
  bool LingersOn(base::TimePoint now);

  ShardContext& shard_;
  Transport& transport_;
  Input input_ = Input::kNothing;
  base::TimePoint deadline_;
  base::TimePoint lingers_until_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_LINGERING_H_
