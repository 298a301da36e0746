// Implementation notes
//
//   preface ──► open ──► leaving (no stream is to come) ──► ending (GOAWAY) ──► lingering ──►
//   closed
//
// Any of them may end with a close. Input is acted on frame by frame, outside of the library's
// callbacks. What that gives to the streams, and what the fan-out gives them in a turn, is gathered
// in the wire; Settle, which runs once after the turn, writes it. No stream is let go of before
// that, so whoever calls one finds it there.
//
// The client is always read, so that one that left is noticed, unless it does not read what its own
// frames are answered with.
#include "internal/net/http2/http2_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ssegw::net {
namespace {

// For the last words of a session whose peer is slow.
constexpr base::Duration kEndingTime = std::chrono::seconds(5);
// Between two looks at a window that stays low.
constexpr base::Duration kStarvedCheck = std::chrono::seconds(1);
// From the announcement that the session leaves until it may: what the client has sent before it
// heard of it is still served.
constexpr base::Duration kNoticeTime = std::chrono::seconds(1);

}  // namespace

Http2Session::Http2Session(ShardContext& shard, Transport transport, HttpService& service)
    : shard_(shard),
      service_(service),
      wire_(shard, std::move(transport), shard.options().max_http2_streams,
            [this] {
              if (std::exchange(settle_posted_, true)) return;
              shard_.loop().Post([weak = weak_from_this(), this] {
                if (const auto self = weak.lock()) Settle();
              });
            }),
      streams_(shard.stats().http2_streams) {
  CountedAs().Add();
}

Http2Session::~Http2Session() = default;

void Http2Session::Start(std::string peer_address, std::string_view received) {
  const auto self = shared_from_this();
  peer_address_ = std::move(peer_address);
  last_frame_at_ = base::Now();
  patience_ends_at_ = last_frame_at_ + shard_.options().request_header_timeout;
  shard_.waiting().AddIdle(waiting_);
  wire_.Begin();
  if (shard_.drained_at() != base::TimePoint::max()) OnDrain();
  Receive(received);
}

void Http2Session::OnEvents(uint32_t events) {
  const auto self = shared_from_this();
  const Transport::Ready ready = wire_.transport().TakeEvents(events);
  if (ready.writable && !lingering_) wire_.OnWritable(base::Now());
  if (lingering_) {
    if (const auto reason = lingering_->OnReadable()) Close(*reason);
  } else if (ready.readable && !wire_.is_clogged()) {
    OnReadable();
  }
  if (ready.broken && is_open() && !lingering_ && wire_.is_clogged()) {
    Close(CloseReason::kPeerReset);
  }
  if (is_open()) Settle();
}

void Http2Session::OnReadable() {
  auto& scratch = shard_.scratch();
  size_t bytes = 0;
  switch (wire_.transport().Read(scratch, bytes)) {
    case Received::kBytes:
      return Receive({scratch.data(), bytes});
    case Received::kNothing:
      return;
    case Received::kEnd:
      return Close(ending_ ? end_reason_ : CloseReason::kPeerClosed);
    case Received::kBroken:
      return Close(CloseReason::kPeerReset);
  }
}

void Http2Session::Receive(std::string_view bytes) {
  const base::TimePoint now = base::Now();
  while (!bytes.empty() && !ending_) {
    const bool in_preface = frames_.in_preface();
    const Http2Frames::Piece piece = frames_.Next(bytes);
    if (piece.begins) {
      last_frame_at_ = now;
      answer_due_ = base::TimePoint::max();
      if (IsFlood(wire_.floods().OnFrame(*piece.begins, now))) break;
    }
    codec().SetLeftBehind(streams_.left_behind());
    const Http2Input input = codec().Receive(piece.bytes);
    if (in_preface && !frames_.in_preface()) {
      patience_ends_at_ = now + shard_.options().keepalive_timeout;
    }
    Act(input, now);
    const bool too_long = frames_.in_head() && codec().head().bytes() > Http2Floods::kMaxHeadBytes;
    if (too_long && IsFlood(Http2Flood::kHeaderList)) break;
  }
  NoteHalf(now);
  Settle();
  shard_.BoundWaiting();
}

void Http2Session::NoteHalf(base::TimePoint now) {
  const bool is_half = frames_.in_head() && !ending_;
  const size_t bytes = is_half ? codec().head().memory_bytes() : 0;
  shard_.stats().head_bytes.Add(bytes - half_bytes_);
  half_bytes_ = bytes;
  if (std::exchange(is_half_, is_half) == is_half || ending_) return;
  shard_.waiting().Remove(waiting_);
  patience_ends_at_ = base::TimePoint::max();
  if (!is_half) return;
  patience_ends_at_ = now + shard_.options().request_header_timeout;
  shard_.waiting().AddHalf(waiting_);
}

void Http2Session::Act(const Http2Input& input, base::TimePoint now) {
  switch (input.what) {
    case Http2Input::What::kNothing:
      return;
    case Http2Input::What::kRequest:
      return BeginStream(input);
    case Http2Input::What::kBody:
      return GiveBody(input);
    case Http2Input::What::kCredit:
      return GiveCredit(input, now);
    case Http2Input::What::kWindows:
      return streams_.OnWindows(now);
    case Http2Input::What::kBroken:
      return Terminate(Http2Error::kProtocolError, CloseReason::kPeerReset);
  }
}

bool Http2Session::IsFlood(std::optional<Http2Flood> kind) {
  if (!kind || ending_) return false;
  shard_.stats().http2_floods[*kind].Add();
  Terminate(Http2Error::kEnhanceYourCalm, CloseReason::kPeerFlood);
  return true;
}

void Http2Session::BeginStream(const Http2Input& request) {
  const Http2Head head = codec().TakeHead();
  const size_t held = streams_.memory_bytes();
  if (held + head.memory_bytes() > kMaxHeldBytes) {
    return wire_.Reset(request.stream, Http2Error::kRefusedStream);
  }
  patience_ends_at_ = base::TimePoint::max();
  shard_.waiting().Remove(waiting_);
  const auto stream = std::make_shared<Http2Stream>(*this, shard_, wire_, service_, request.stream);
  codec().Attach(request.stream, stream.get());
  streams_.Add(stream);
  stream->Begin(head, peer_address_, !request.ends, held < kMaxHeldBytes / 2);
}

void Http2Session::GiveBody(const Http2Input& input) {
  codec().ConsumeBody(input.body.size());
  auto* const stream = static_cast<Http2Stream*>(codec().Find(input.stream));
  if (stream != nullptr) stream->OnBody(input.body, input.ends);
}

void Http2Session::GiveCredit(const Http2Input& input, base::TimePoint now) {
  if (input.credit < Http2Floods::kTinyCredit &&
      IsFlood(wire_.floods().On(Http2Flood::kWindowUpdate, now))) {
    return;
  }
  if (input.stream == 0) return;
  auto* const stream = static_cast<Http2Stream*>(codec().Find(input.stream));
  if (stream != nullptr) stream->OnCredit(input.credit, now);
}

void Http2Session::Settle() {
  settle_posted_ = false;
  if (!is_open() || lingering_) return Watch();
  const base::TimePoint now = base::Now();
  wire_.Flush();
  CloseStreams();
  wire_.RunWriters(now);
  if (wire_.has_output()) wire_.Flush();
  CloseStreams();
  for (uint32_t faults = codec().TakeFaults(); faults > 0; --faults) {
    if (IsFlood(wire_.floods().On(Http2Flood::kReset, now))) wire_.Flush();
  }
  if (const auto fault = wire_.fault()) return Close(*fault);
  LeaveIfDone(now);
  if (!ending_ && codec().over()) Terminate(Http2Error::kProtocolError, CloseReason::kPeerReset);
  if (ending_ && !wire_.has_output()) return Linger();
  if (codec().ConnectionWindow() >= kLowWindow) {
    window_low_since_ = base::TimePoint::max();
  } else if (window_low_since_ == base::TimePoint::max() && !streams_.empty()) {
    window_low_since_ = now;
  }
  Watch();
  if (is_open() && NextDeadline() < scheduled_for_) Schedule();
}

void Http2Session::CloseStreams() {
  streams_.LetGo(codec().TakeClosed());
  if (streams_.empty()) Wait();
}

void Http2Session::Wait() {
  if (ending_ || patience_ends_at_ != base::TimePoint::max()) return;
  patience_ends_at_ = base::Now() + shard_.options().keepalive_timeout;
  shard_.waiting().AddIdle(waiting_);
}

void Http2Session::LeaveIfDone(base::TimePoint now) {
  if (ending_ || !leaving_ || !streams_.empty() || now < leave_at_) return;
  Terminate(Http2Error::kNoError, CloseReason::kDrain);
  wire_.Flush();
}

void Http2Session::Terminate(Http2Error error, CloseReason reason) {
  ending_ = true;
  end_reason_ = reason;
  patience_ends_at_ = base::Now() + kEndingTime;
  codec().Terminate(error);
  wire_.Touch();
}

void Http2Session::Linger() {
  streams_.LoseAll(end_reason_);
  shard_.waiting().Remove(waiting_);
  shard_.loop().Schedule(*this, base::TimePoint::max());
  lingering_ = std::make_unique<Lingering>(*this, shard_, wire_.transport());
  if (const auto reason = lingering_->Start(Lingering::Input::kNothing)) return Close(*reason);
  Watch();
}

void Http2Session::Watch() {
  if (!is_open()) return;
  const bool for_readable = lingering_ || !wire_.is_clogged();
  if (!wire_.transport().Watch(shard_.loop().sockets(), *this, for_readable)) {
    Close(CloseReason::kPeerReset);
  }
}

base::TimePoint Http2Session::NextDeadline() const {
  base::TimePoint next = patience_ends_at_;
  if (ending_) return next;
  if (leaving_ && streams_.empty()) next = std::min(next, leave_at_);
  if (!streams_.empty()) {
    const bool asked = answer_due_ != base::TimePoint::max();
    next = std::min(next, asked ? answer_due_ : last_frame_at_ + shard_.options().ping_after);
    if (window_low_since_ != base::TimePoint::max()) {
      next = std::min(next, window_low_since_ + kStarvedAfter);
    }
  }
  return next;
}

void Http2Session::Schedule() {
  scheduled_for_ = NextDeadline();
  shard_.loop().Schedule(*this, scheduled_for_);
}

void Http2Session::OnDeadline() {
  const auto self = shared_from_this();
  if (!lingering_) return;
  if (const auto reason = lingering_->OnDeadline()) Close(*reason);
}

void Http2Session::OnDeadline(base::TimePoint now) {
  const auto self = shared_from_this();
  scheduled_for_ = base::TimePoint::max();
  if (now >= patience_ends_at_) {
    if (ending_) return Close(CloseReason::kWriteStall);
    // Once more, for a request that has just come.
    if (streams_.empty() && !is_half_) OnReadable();
    if (!is_open() || lingering_) return;
    if (now >= patience_ends_at_) Terminate(Http2Error::kNoError, CloseReason::kPeerClosed);
  }
  // And here.
  if (leaving_ && now >= leave_at_ && streams_.empty() && !ending_) OnReadable();
  if (!is_open() || lingering_) return;
  if (!ending_ && !streams_.empty()) {
    CheckPeer(now);
    if (is_open()) CheckWindow(now);
  }
  if (!is_open()) return;
  Settle();
  if (is_open() && !lingering_) Schedule();
}

void Http2Session::CheckPeer(base::TimePoint now) {
  const auto& options = shard_.options();
  const bool asked = answer_due_ != base::TimePoint::max();
  if (now < (asked ? answer_due_ : last_frame_at_ + options.ping_after)) return;
  // A slow client comes to the PING when it has taken what was sent before.
  const bool takes = wire_.IsTaking(now, options.ping_patience);
  if (asked && !takes) return Close(CloseReason::kPeerReset);
  answer_due_ = now + options.ping_patience;
  if (asked) return;
  codec().Ping();
  wire_.Touch();
}

void Http2Session::CheckWindow(base::TimePoint now) {
  if (window_low_since_ == base::TimePoint::max() || now < window_low_since_ + kStarvedAfter) {
    return;
  }
  // If not now, then soon.
  window_low_since_ = now - kStarvedAfter + kStarvedCheck;
  if (!streams_.SaveFromStarving(kStarvedAfter, sse::ByeReason::kClosed, now)) return;
  codec().Goaway();
  leaving_ = true;
  leave_at_ = now;
  wire_.Touch();
}

void Http2Session::OnDrain() {
  if (ending_) return;
  codec().AnnounceGoaway();
  leaving_ = true;
  leave_at_ = std::min(base::Now() + kNoticeTime, shard_.drained_at());
  wire_.Touch();
}

void Http2Session::LeaveAt(base::TimePoint when) {
  if (ending_) return;
  leaving_ = true;
  // Not before the client has heard of it.
  leave_at_ = leave_at_ == base::TimePoint::max() ? when : std::max(leave_at_, when);
  wire_.Touch();
}

Session::GaveWay Http2Session::GiveWay() {
  const auto self = shared_from_this();
  if (!lingering_ && streams_.empty()) OnReadable();
  if (!is_open()) return GaveWay::kYes;
  if (!lingering_ && !streams_.empty()) {
    shard_.waiting().Remove(waiting_);
    return GaveWay::kNo;
  }
  Close(CloseReason::kPeerClosed);
  return GaveWay::kYes;
}

void Http2Session::RefuseHalfRequest() {
  const auto self = shared_from_this();
  shard_.waiting().Remove(waiting_);
  Terminate(Http2Error::kEnhanceYourCalm, CloseReason::kPeerFlood);
  Settle();
}

metrics::Counter& Http2Session::CountedAs() {
  return shard_.stats().transports.Of(Protocol::kHttp2, wire_.transport().is_tls());
}

void Http2Session::Close(CloseReason reason) {
  if (!is_open()) return;
  const auto self = shared_from_this();
  CountedAs().Sub();
  switch (reason) {
    case CloseReason::kWriteStall:
    case CloseReason::kPeerFlood:
    case CloseReason::kPeerReset:
      wire_.transport().Reset();
      break;
    case CloseReason::kPeerClosed:
    case CloseReason::kMaxAge:
    case CloseReason::kAuthExpired:
    case CloseReason::kClosed:
    case CloseReason::kDrain:
    case CloseReason::kShutdown:
      // A socket that closes over a stream is noticed by no WebKit.
      streams_.EndAll();
      codec().Terminate(Http2Error::kNoError);
      wire_.Flush();
      wire_.transport().Close();
      break;
  }
  streams_.LoseAll(reason);
  lingering_.reset();
  shard_.stats().head_bytes.Sub(std::exchange(half_bytes_, 0));
  shard_.waiting().Remove(waiting_);
  shard_.loop().Schedule(*this, base::TimePoint::max());
  shard_.RemoveSession(*this);
}

}  // namespace ssegw::net
