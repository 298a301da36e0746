#ifndef SSEGW_INTERNAL_NET_TLS_HANDSHAKE_H_
#define SSEGW_INTERNAL_NET_TLS_HANDSHAKE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/handshake_queue.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/waiting_sessions.h"
#include "internal/net/transport/lingering.h"
#include "internal/net/transport/tls_port.h"
#include "internal/net/transport/transport.h"

namespace ssegw::net {

// What a socket of a TLS port is until hands are shaken: it is among the shard's idle sessions, and
// has request_header_timeout. Then the session of the protocol that was agreed on follows it. A
// peer that speaks HTTP in the clear gets an answer that says what is spoken here.
//
// Owns:   the transport. There is no TLS in it until the peer has said something.
// Thread: its shard's.
// Errors: counted, and told in a line.
class TlsHandshake final : public Session,
                           public Handshaking,
                           private WaitingSession,
                           private fanout::WheelEntry {
 public:
  // peer_address: without the port; empty: not known.
  TlsHandshake(ShardContext& shard, Transport transport, TlsPort& port, HttpService& service,
               std::string peer_address);
  ~TlsHandshake() override;

  void Start();

  // Session
  void LeaveAt(base::TimePoint when) override;
  bool carries_connections() const override { return false; }
  GaveWay GiveWay() override;
  void OnDeadline() override;
  void RefuseHalfRequest() override {}
  void EndHold() override {}
  void Close(CloseReason reason) override;

  // Handshaking
  void Step() override;
  void GiveUp() override;

 private:
  // EpollHandler
  void OnEvents(uint32_t events) override;
  // fanout::WheelEntry
  void OnDeadline(base::TimePoint) override { OnDeadline(); }

  void Watch();
  // The peer has said something: its turn in the queue comes.
  void OnReadable();
  // The peer has reset the socket.
  void OnBroken();
  // True: TLS has begun. False: it is over.
  bool Begin();
  void ShakeHands();
  void StartSession();
  void AnswerInTheClear();
  void Fail(std::string_view reason);
  // Refused before it began.
  void Refuse(HandshakeRefusal reason);
  void Linger();

  ShardContext& shard_;
  TlsPort& port_;
  HttpService& service_;
  const std::string peer_address_;
  Transport transport_;
  base::TimePoint deadline_;
  bool is_queued_ = false;
  // It has failed, or was never TLS: the peer gets the time to read what it was told.
  std::unique_ptr<Lingering> lingering_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TLS_HANDSHAKE_H_
