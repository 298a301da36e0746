// Implementation notes
//
//   exchange_ ──► connection_ ──► gone
//       └──────────────────────────▲
//
// What a stream does never ends another, nor the session: a turn of the fan-out that is at work on
// one of them would be left with members that are no longer there. So a fault of the socket is kept
// in the wire, and the session acts on it after the turn.
#include "internal/net/http2/http2_stream.h"

#include <algorithm>
#include <utility>

namespace ssegw::net {

Http2Stream::Http2Stream(Session& session, ShardContext& shard, Http2Wire& wire,
                         HttpService& service, int32_t id)
    : shard_(shard), wire_(wire), id_(id) {
  exchange_ = std::make_unique<Http2Exchange>(session, shard, wire, service, id, [this] {
    const auto self = shared_from_this();
    Take(exchange_->OnDeadline());
  });
}

Http2Stream::~Http2Stream() = default;

void Http2Stream::Begin(const Http2Head& head, const std::string& peer_address, bool has_body,
                        bool has_room) {
  Take(exchange_->Handle(head, peer_address, has_body, has_room));
}

void Http2Stream::Take(Step step) {
  switch (step) {
    case Step::kWait:
      break;
    case Step::kWaitForRoom:
      wire_.WaitForRoom(*this, base::Now());
      break;
    case Step::kAwaitAnswer:
      return StartLater();
    case Step::kStream:
      return StartConnection();
    case Step::kReset:
      return wire_.Reset(id_, Http2Error::kCancel);
    case Step::kDone:
      return;
  }
  LetAnswerEnd();
}

void Http2Stream::StartLater() {
  HttpLater later = exchange_->TakeLater();
  // What calls ready does not keep the stream, which may be gone by then.
  later.start([&loop = shard_.loop(), weak = weak_from_this()] {
    loop.Post([weak] {
      const auto self = weak.lock();
      if (self && self->exchange_) self->Take(self->exchange_->FinishLater());
    });
  });
  if (later.work) shard_.Work(Http2LeftBehind::Wrap(std::move(later.work), work_));
}

void Http2Stream::LetAnswerEnd() {
  const std::shared_ptr<AnswerEnd> end = exchange_->TakeAnswerEnd();
  if (!end) return;
  end->Set([&loop = shard_.loop(), weak = weak_from_this()] {
    loop.Post([weak] {
      const auto self = weak.lock();
      if (self && !self->is_over_) self->wire_.Reset(self->id_, Http2Error::kCancel);
    });
  });
}

void Http2Stream::StartConnection() {
  const std::unique_ptr<Http2Exchange::Admitted> admitted = exchange_->TakeStream();
  exchange_.reset();
  head_ = std::make_unique<Http2Response>(std::move(admitted->head));
  filter_bytes_ = static_cast<uint32_t>(admitted->stream.subscription.filters.memory_bytes());
  wire_.BeginStreams();
  connection_ =
      std::make_unique<Connection>(shard_, static_cast<ResponseBody&>(*this),
                                   Connection::Origin{.number = admitted->number,
                                                      .request_id = std::move(admitted->request_id),
                                                      .ticket = std::move(admitted->ticket),
                                                      .framing = fanout::Framing::kBare,
                                                      .head_bytes = 0});
  connection_->Start(admitted->stream);
}

void Http2Stream::OnBody(std::string_view bytes, bool ends) {
  if (exchange_) Take(exchange_->OnBody(bytes, ends));
}

void Http2Stream::OnCredit(uint32_t bytes, base::TimePoint now) {
  credit_.OnCredit(bytes);
  full_since_ = base::TimePoint::max();
  if (bytes > 0) kept_since_ = base::TimePoint::max();
  if (waits_ && !is_full_) return;
  OnRoom(now);
}

void Http2Stream::OnRoom(base::TimePoint now) {
  if (is_over_) return;
  if (exchange_) return Take(exchange_->OnRoom());
  if (std::exchange(waits_, false)) connection_->OnWritable(now);
}

ssize_t Http2Stream::Write(std::span<const iovec> pieces, Writing writing) {
  if (head_) {
    const Http2Wire::Result room = wire_.Room(id_, pieces, &credit_);
    if (room.bytes > 0) {
      shard_.stats().stream_head_bytes_sent.Add(wire_.Respond(id_, *head_, /*ends=*/false));
      head_.reset();
    } else {
      is_full_ = room.taken == Http2Wire::Taken::kStreamIsFull;
      return 0;
    }
  }
  if (writing == Writing::kLive) wire_.OnLive();
  const Http2Wire::Result sent = wire_.Send(id_, pieces, &credit_);
  is_full_ = sent.taken == Http2Wire::Taken::kStreamIsFull;
  if (sent.bytes > 0) kept_since_ = base::TimePoint::max();
  return static_cast<ssize_t>(sent.bytes);
}

void Http2Stream::WaitWritable(base::TimePoint now) {
  waits_ = true;
  if (!wire_.blocked()) kept_since_ = std::min(kept_since_, now);
  if (!is_full_) return wire_.WaitForRoom(*this, now);
  full_since_ = std::min(full_since_, now);
}

bool Http2Stream::EndShort(bool now) {
  // The socket may take the last words in time; windows that are empty at the end of a stream are
  // those of a client that does not read.
  if (!now && wire_.blocked()) return false;
  EndNow();
  return true;
}

void Http2Stream::EndNow() {
  if (is_over_) return;
  if (head_) {
    wire_.Respond(id_, *head_, /*ends=*/true);
    head_.reset();
  } else if (connection_) {
    wire_.End(id_);
  } else {
    wire_.Reset(id_, Http2Error::kRefusedStream);
  }
}

void Http2Stream::Abort(CloseReason reason) {
  if (is_stuck_ || reason == CloseReason::kPeerReset) {
    wire_.Fail(reason);
  } else if (!is_over_) {
    wire_.Reset(id_, Http2Error::kCancel);
  }
  connection_->OnGone(reason);
}

void Http2Stream::Leave(sse::ByeReason reason, base::TimePoint now) {
  if (carries_connection()) connection_->LeaveAt(now, reason);
}

TcpProgress::Peer Http2Stream::CheckProgress(base::TimePoint now, base::Duration timeout) {
  const TcpProgress::Peer peer = wire_.CheckProgress(now, timeout);
  is_stuck_ = peer != TcpProgress::Peer::kTakes;
  if (is_stuck_) return peer;
  const bool takes = full_since_ == base::TimePoint::max() || now - full_since_ < timeout;
  return takes ? TcpProgress::Peer::kTakes : TcpProgress::Peer::kStuck;
}

void Http2Stream::OnGone(CloseReason reason, Http2LeftBehind& left_behind) {
  const auto self = shared_from_this();
  is_over_ = true;
  left_behind.Add(work_);
  exchange_.reset();
  head_.reset();
  if (connection_) connection_->OnGone(reason);
  if (is_linked()) unlink();
}

size_t Http2Stream::memory_bytes() const {
  return filter_bytes_ + (exchange_ ? exchange_->memory_bytes() : 0);
}

}  // namespace ssegw::net
