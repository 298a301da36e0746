// Implementation notes
//
//   waits for the peer ──► queued ──► a step ──► the session of the agreed protocol
//          ▲                            │──────► lingering_ ──► closed
//          └────────────────────────────┘
//
// While a step is queued nothing is asked of the epoll set, which would tell again and again.
#include "internal/net/tls_handshake.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "internal/net/http1/http1_session.h"
#include "internal/net/http2/http2_session.h"
#include "internal/net/service/outgoing_answer.h"
#include "internal/net/shard/connection_log.h"
#include "internal/net/transport/tls_channel.h"

namespace ssegw::net {
namespace {

// The first byte of a TLS session: a record of the handshake's (RFC 8446 section 5.1).
constexpr uint8_t kHandshakeRecord = 22;

// See TlsChannel::Read.
using Scratch = std::remove_reference_t<decltype(std::declval<ShardContext&>().scratch())>;
static_assert(std::tuple_size_v<Scratch> >= TlsChannel::kMaxRecordBytes);

}  // namespace

TlsHandshake::TlsHandshake(ShardContext& shard, Transport transport, TlsPort& port,
                           HttpService& service, std::string peer_address)
    : WaitingSession(static_cast<Session&>(*this)),
      shard_(shard),
      port_(port),
      service_(service),
      peer_address_(std::move(peer_address)),
      transport_(std::move(transport)) {}

TlsHandshake::~TlsHandshake() {
  shard_.waiting().Remove(*this);
  shard_.handshakes().Remove(*this);
}

void TlsHandshake::Start() {
  shard_.waiting().AddIdle(*this);
  deadline_ = base::Now() + shard_.options().request_header_timeout;
  shard_.loop().Schedule(*this, deadline_);
  Watch();
}

void TlsHandshake::Watch() {
  if (!transport_.Watch(shard_.loop().sockets(), *this, /*for_readable=*/!is_queued_)) {
    Close(CloseReason::kPeerReset);
  }
}

void TlsHandshake::OnEvents(uint32_t events) {
  // Close lets go of this.
  const auto self = shared_from_this();
  const Transport::Ready ready = transport_.TakeEvents(events);
  // The epoll set would tell again and again, also while a step is queued.
  if (ready.broken && !lingering_) return OnBroken();
  if (ready.readable) OnReadable();
  if (transport_.is_open()) Watch();
}

void TlsHandshake::OnReadable() {
  if (lingering_) {
    if (const auto reason = lingering_->OnReadable()) Close(*reason);
    return;
  }
  if (std::exchange(is_queued_, true)) return;
  shard_.handshakes().Add({shared_from_this(), static_cast<Handshaking*>(this)});
}

void TlsHandshake::OnBroken() {
  if (transport_.is_tls()) {
    shard_.stats().handshakes_failed.Add();
    LogHandshakeFailed(peer_address_, "the peer is gone");
  }
  Close(CloseReason::kPeerReset);
}

void TlsHandshake::Step() {
  is_queued_ = false;
  // It was closed while it waited for its turn.
  if (!transport_.is_open() || lingering_) return;
  if (transport_.is_tls() || Begin()) ShakeHands();
}

bool TlsHandshake::Begin() {
  const Transport::FirstByte first = transport_.Peek();
  if (first.broken) {
    Close(CloseReason::kPeerClosed);
    return false;
  }
  if (!first.byte) {
    Watch();
    return false;
  }
  if (*first.byte != kHandshakeRecord) {
    AnswerInTheClear();
    return false;
  }
  if (port_.rates().Take(peer_address_, base::Now())) {
    Refuse(HandshakeRefusal::kRate);
    return false;
  }
  transport_.BeginTls(*port_.context());
  return true;
}

void TlsHandshake::ShakeHands() {
  switch (transport_.tls()->ShakeHands()) {
    case TlsChannel::Handshake::kDone:
      return StartSession();
    case TlsChannel::Handshake::kNeedsMore:
      return Watch();
    case TlsChannel::Handshake::kFailed:
      return Fail(transport_.tls()->failure());
  }
}

void TlsHandshake::StartSession() {
  const auto self = shared_from_this();
  shard_.stats().handshakes_ok.Add();
  shard_.waiting().Remove(*this);
  shard_.handshakes().Remove(*this);
  shard_.loop().Schedule(*this, base::TimePoint::max());
  if (transport_.tls()->protocol() == "h2") {
    const auto next = std::make_shared<Http2Session>(shard_, std::move(transport_), service_);
    shard_.ReplaceSession(*this, next);
    return next->Start(peer_address_, {});
  }
  const auto next = std::make_shared<Http1Session>(shard_, std::move(transport_), service_);
  shard_.ReplaceSession(*this, next);
  next->Start(peer_address_);
  if (shard_.drained_at() != base::TimePoint::max()) next->LeaveAt(shard_.drained_at());
}

void TlsHandshake::AnswerInTheClear() {
  shard_.stats().handshakes_failed.Add();
  LogHandshakeFailed(peer_address_, "the peer speaks no TLS");
  const OutgoingAnswer answer = Serialize(service_.Refuse(400, "this port speaks TLS: use https"),
                                          /*head_only=*/false, /*close=*/true);
  std::array<iovec, OutgoingAnswer::kMaxPieces> pieces;
  // It fits into a socket that has sent nothing yet.
  static_cast<void>(transport_.Write(answer.Rest(pieces)));
  Linger();
}

void TlsHandshake::Fail(std::string_view reason) {
  shard_.stats().handshakes_failed.Add();
  LogHandshakeFailed(peer_address_, reason);
  // The alert has been sent. What the peer still sends is not looked at.
  transport_.EndTls();
  Linger();
}

void TlsHandshake::Refuse(HandshakeRefusal reason) {
  shard_.stats().handshakes_refused[reason].Add();
  Close(CloseReason::kPeerReset);
}

void TlsHandshake::Linger() {
  shard_.waiting().Remove(*this);
  shard_.handshakes().Remove(*this);
  shard_.loop().Schedule(*this, base::TimePoint::max());
  lingering_ = std::make_unique<Lingering>(static_cast<Session&>(*this), shard_, transport_);
  if (const auto reason = lingering_->Start(Lingering::Input::kNothing)) return Close(*reason);
  Watch();
}

void TlsHandshake::GiveUp() {
  const auto self = shared_from_this();
  Refuse(HandshakeRefusal::kRoom);
}

void TlsHandshake::OnDeadline() {
  const auto self = shared_from_this();
  if (lingering_) {
    if (const auto reason = lingering_->OnDeadline()) Close(*reason);
    return;
  }
  if (base::Now() < deadline_) return shard_.loop().Schedule(*this, deadline_);
  if (transport_.is_tls()) {
    shard_.stats().handshakes_failed.Add();
    LogHandshakeFailed(peer_address_, "the handshake took too long");
  }
  Close(CloseReason::kPeerReset);
}

void TlsHandshake::LeaveAt(base::TimePoint when) {
  // Its request may be on its way: it has the time that others have to leave.
  deadline_ = std::min(deadline_, std::max(when, shard_.drained_at()));
  if (!lingering_) shard_.loop().Schedule(*this, deadline_);
}

Session::GaveWay TlsHandshake::GiveWay() {
  Close(CloseReason::kPeerClosed);
  return GaveWay::kYes;
}

void TlsHandshake::Close(CloseReason reason) {
  if (!transport_.is_open()) return;
  const auto self = shared_from_this();
  if (reason == CloseReason::kPeerReset || reason == CloseReason::kPeerFlood) {
    transport_.Reset();
  } else {
    transport_.Close();
  }
  shard_.waiting().Remove(*this);
  shard_.handshakes().Remove(*this);
  shard_.loop().Schedule(*this, base::TimePoint::max());
  lingering_.reset();
  shard_.RemoveSession(*this);
}

}  // namespace ssegw::net
