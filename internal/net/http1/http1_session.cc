// Implementation notes
//
//   exchange_ ──► connection_ ──► lingering_ ──► closed
//        └──────────────────────────▲
//
// Any of them may end with a close. The session is closed when its transport is.
//
// The epoll set tells for as long as something is there (level-triggered), so what is not to be
// read yet, while the exchange answers, is not asked for. While there is a connection the session
// always waits for readability, since otherwise a browser that left would be found only at the next
// write.
#include "internal/net/http1/http1_session.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "internal/net/http2/http2_session.h"

namespace ssegw::net {

Http1Session::Http1Session(ShardContext& shard, Transport transport, HttpService& service)
    : shard_(shard),
      service_(service),
      exchange_(std::make_unique<Http1Exchange>(*this, shard, transport_, service)),
      transport_(std::move(transport)) {
  CountedAs().Add();
}

Http1Session::~Http1Session() = default;

void Http1Session::Start(std::string peer_address) {
  const auto self = shared_from_this();
  Take(exchange_->Start(std::move(peer_address)));
}

std::shared_ptr<Http1Session> Http1Session::Self() {
  return std::static_pointer_cast<Http1Session>(shared_from_this());
}

void Http1Session::Watch() {
  const bool for_readable = !exchange_ || exchange_->wants_readable();
  if (!transport_.Watch(shard_.loop().sockets(), *this, for_readable)) {
    Close(CloseReason::kPeerReset);
  }
}

void Http1Session::Take(Step step) {
  switch (step) {
    case Step::kWait:
      break;
    case Step::kNextRequest:
      shard_.loop().Post([self = Self()] {
        if (self->exchange_) self->Take(self->exchange_->Next());
      });
      break;
    case Step::kAwaitAnswer:
      return StartLater();
    case Step::kStream:
      return StartConnection();
    case Step::kHttp2:
      return BecomeHttp2();
    case Step::kLinger:
      return Linger(exchange_->lingers_for());
    case Step::kClose:
      return Close(exchange_->close_reason());
  }
  LetAnswerEnd();
  Watch();
  // Others, or this one, may have to go.
  shard_.BoundWaiting();
}

void Http1Session::StartLater() {
  Watch();
  if (!is_open()) return;
  HttpLater later = exchange_->TakeLater();
  // What calls ready does not keep the session, which may be gone by then, or be at the next
  // request.
  later.start([&loop = shard_.loop(), weak = std::weak_ptr<Http1Session>(Self()),
               number = exchange_->answering()] {
    loop.Post([weak, number] {
      const auto self = weak.lock();
      if (self && self->exchange_) self->Take(self->exchange_->FinishLater(number));
    });
  });
  if (later.work) shard_.Work(std::move(later.work));
}

void Http1Session::LetAnswerEnd() {
  const std::shared_ptr<AnswerEnd> end = exchange_->TakeAnswerEnd();
  if (!end) return;
  end->Set([&loop = shard_.loop(), weak = std::weak_ptr<Http1Session>(Self()),
            number = exchange_->answering()] {
    loop.Post([weak, number] {
      const auto self = weak.lock();
      const bool writes =
          self && self->exchange_ && number != 0 && self->exchange_->answering() == number;
      if (writes) self->Close(CloseReason::kWriteStall);
    });
  });
}

void Http1Session::StartConnection() {
  const std::unique_ptr<Http1Exchange::Admitted> admitted = exchange_->TakeStream();
  exchange_.reset();
  transport_.BeginStream();
  transport_.BeginProgress(base::Now());
  head_ = std::make_unique<OutgoingAnswer>(std::move(admitted->head));
  connection_ =
      std::make_unique<Connection>(shard_, static_cast<ResponseBody&>(*this),
                                   Connection::Origin{.number = admitted->number,
                                                      .request_id = std::move(admitted->request_id),
                                                      .ticket = std::move(admitted->ticket),
                                                      .framing = admitted->framing,
                                                      .head_bytes = head_->bytes()});
  connection_->Start(admitted->stream);
  if (is_open()) Watch();
}

void Http1Session::BecomeHttp2() {
  NetStats& stats = shard_.stats();
  const uint64_t sessions = stats.transports.in_the_clear[Protocol::kHttp2].value();
  if (!transport_.is_tls() && sessions >= shard_.options().max_http2_sessions) {
    stats.http2_floods[Http2Flood::kSessions].Add();
    return Close(CloseReason::kPeerFlood);
  }
  const std::string received = exchange_->TakeReceived();
  const std::string peer_address = exchange_->peer_address();
  exchange_.reset();
  CountedAs().Sub();
  const auto session = std::make_shared<Http2Session>(shard_, std::move(transport_), service_);
  shard_.ReplaceSession(*this, session);
  session->Start(peer_address, received);
}

void Http1Session::Linger(Lingering::Input input) {
  exchange_.reset();
  lingering_ = std::make_unique<Lingering>(*this, shard_, transport_);
  if (const auto reason = lingering_->Start(input)) return Close(*reason);
  Watch();
}

void Http1Session::OnEvents(uint32_t events) {
  // Close lets go of this.
  const auto self = shared_from_this();
  const Transport::Ready ready = transport_.TakeEvents(events);
  if (ready.writable) OnWritable();
  if (ready.readable && is_open()) OnReadable();
  // The epoll set would tell again and again.
  if (ready.broken && exchange_) Take(exchange_->OnBroken());
  if (is_open()) Watch();
}

void Http1Session::OnReadable() {
  if (exchange_) return Take(exchange_->OnReadable());
  const auto reason = lingering_
                          ? lingering_->OnReadable()
                          : transport_.Discard(shard_.scratch(), Transport::kMaxUnwantedBytes);
  if (reason) Close(*reason);
}

void Http1Session::OnWritable() {
  if (exchange_) return Take(exchange_->OnWritable());
  if (lingering_) return;
  const base::TimePoint now = base::Now();
  transport_.OnWritable(now);
  connection_->OnWritable(now);
}

void Http1Session::OnDeadline() {
  const auto self = shared_from_this();
  if (exchange_) return Take(exchange_->OnDeadline());
  if (const auto reason = lingering_->OnDeadline()) Close(*reason);
}

void Http1Session::LeaveAt(base::TimePoint when) {
  if (exchange_) exchange_->LeaveAt(when);
}

Session::GaveWay Http1Session::GiveWay() {
  if (exchange_) {
    Take(exchange_->GiveWay());
  } else {
    Close(CloseReason::kPeerClosed);
  }
  return is_open() ? GaveWay::kNo : GaveWay::kYes;
}

void Http1Session::RefuseHalfRequest() { Take(exchange_->RefuseHalfRequest()); }

void Http1Session::EndHold() { Take(exchange_->EndHold()); }

metrics::Counter& Http1Session::CountedAs() {
  return shard_.stats().transports.Of(Protocol::kHttp1, transport_.is_tls());
}

void Http1Session::Close(CloseReason reason) {
  if (!is_open()) return;
  const auto self = shared_from_this();
  CountedAs().Sub();
  switch (reason) {
    case CloseReason::kWriteStall:
    case CloseReason::kPeerFlood:
    case CloseReason::kPeerReset:
      transport_.Reset();
      break;
    case CloseReason::kPeerClosed:
    case CloseReason::kMaxAge:
    case CloseReason::kAuthExpired:
    case CloseReason::kClosed:
    case CloseReason::kDrain:
    case CloseReason::kShutdown:
      transport_.Close();
      break;
  }
  if (connection_) connection_->OnGone(reason);
  exchange_.reset();
  head_.reset();
  lingering_.reset();
  shard_.RemoveSession(*this);
}

ssize_t Http1Session::Write(std::span<const iovec> pieces, Writing writing) {
  if (writing == Writing::kLive) {
    size_t bytes = 0;
    for (const iovec& piece : pieces) bytes += piece.iov_len;
    transport_.OnLiveWrite(bytes);
  }
  const ssize_t written = head_ ? WriteWithHead(pieces) : transport_.Write(pieces);
  // Nobody else waits for it where all was taken. At the stream's beginning StartConnection does.
  if (transport_.has_unsent() && transport_.is_watched()) Watch();
  return written;
}

ssize_t Http1Session::WriteWithHead(std::span<const iovec> pieces) {
  std::array<iovec, OutgoingAnswer::kMaxPieces> head_pieces;
  const std::span<const iovec> head = head_->Rest(head_pieces);
  std::vector<iovec> all;
  all.reserve(head.size() + pieces.size());
  all.insert(all.end(), head.begin(), head.end());
  all.insert(all.end(), pieces.begin(), pieces.end());
  const ssize_t written = transport_.Write(all);
  if (written <= 0) return written;
  const size_t of_head = std::min(static_cast<size_t>(written), head_->bytes() - head_->taken());
  head_->Take(of_head);
  shard_.stats().stream_head_bytes_sent.Add(of_head);
  if (head_->done()) head_.reset();
  return written - static_cast<ssize_t>(of_head);
}

void Http1Session::WaitWritable(base::TimePoint now) {
  if (transport_.waits_writable()) return;
  transport_.OnBehind(now);
  transport_.WaitWritable();
  Watch();
}

TcpProgress::Peer Http1Session::CheckProgress(base::TimePoint now, base::Duration timeout) {
  return transport_.CheckProgress(now, timeout);
}

}  // namespace ssegw::net
