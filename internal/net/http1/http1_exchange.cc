// Implementation notes
//
//   kReading ──► kReadingBody ──► kAnswering ──► kReading (keep-alive) | kHeld (shed)
//      │                            ▲    ▲                                │
//      └────────────────────────────┘    └────────── its end ─────────────┘
//
// An answer is written at once, as far as the transport takes it, and only if it takes no more is
// there a wait for writability. What comes while it answers is not read.
//
// In kReading the session is among the shard's idle ones, in the order in which they came there,
// and may be closed so that others have its place. More bytes of a head are no new beginning. In
// kHeld it is among the held ones.
//
// No session is closed while it may wait for an answer: one that is idle is read once more, as a
// proxy that pools connections may have sent a request into the close, and its browser would get a
// 502. From the beginning of a drain on every answer says that the session closes.
#include "internal/net/http1/http1_exchange.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "internal/net/service/arrival.h"
#include "internal/net/service/response_head.h"

namespace ssegw::net {
namespace {

// Between two checks of whether a peer has taken its answer.
constexpr base::Duration kTakenInterval = std::chrono::milliseconds(200);
// The time in which a new session's request comes, if one is on its way.
constexpr base::Duration kFreshTime = std::chrono::seconds(1);

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Http1Exchange::Http1Exchange(Session& owner, ShardContext& shard, Transport& transport,
                             HttpService& service)
    : WaitingSession(owner), shard_(shard), transport_(transport), request_(shard, service) {}

Http1Exchange::~Http1Exchange() {
  shard_.waiting().Remove(*this);
  shard_.stats().answer_bytes.Sub(counted_answer_bytes_);
}

Http1Exchange::Step Http1Exchange::Start(std::string peer_address) {
  request_.SetPeer(std::move(peer_address));
  shard_.waiting().AddIdle(*this);
  began_at_ = base::Now();
  deadline_ = began_at_ + shard_.options().request_header_timeout;
  Schedule();
  // The request is here already, more often than not.
  return Read();
}

void Http1Exchange::Enter(State state) {
  if (state == state_) return;
  state_ = state;
  switch (state) {
    case State::kReading:
      return shard_.waiting().AddIdle(*this);
    case State::kReadingBody:
      return shard_.waiting().AddHalf(*this);
    case State::kHeld:
      return shard_.waiting().AddHeld(*this);
    case State::kAnswering:
      return shard_.waiting().Remove(*this);
  }
}

void Http1Exchange::Schedule() { shard_.loop().Schedule(*this, std::min(deadline_, leave_at_)); }

Http1Exchange::Step Http1Exchange::Close(CloseReason reason) {
  close_reason_ = reason;
  return Step::kClose;
}

Http1Exchange::Step Http1Exchange::OnReadable() {
  switch (state_) {
    case State::kReading:
      // What came before comes first.
      return awaits_next_ ? Step::kWait : Read();
    case State::kReadingBody:
      return Read();
    case State::kHeld:
      if (const auto reason = transport_.Discard(shard_.scratch(), Transport::kMaxUnwantedBytes)) {
        return Close(*reason);
      }
      return Step::kWait;
    case State::kAnswering:
      return Step::kWait;
  }
  return Step::kWait;
}

Http1Exchange::Step Http1Exchange::OnWritable() {
  // Its answer may still be in the making.
  return state_ == State::kAnswering && !finish_ ? WriteAnswer() : Step::kWait;
}

Http1Exchange::Step Http1Exchange::Read() {
  auto& scratch = shard_.scratch();
  size_t bytes = 0;
  switch (transport_.Read(scratch, bytes)) {
    case Received::kBytes:
      return OnParsed(request_.parser().Feed({scratch.data(), bytes}));
    case Received::kNothing:
      return Step::kWait;
    case Received::kEnd:
      return Close(CloseReason::kPeerClosed);
    case Received::kBroken:
      return Close(CloseReason::kPeerReset);
  }
  return Step::kWait;
}

Http1Exchange::Step Http1Exchange::OnParsed(RequestParser::Result result) {
  switch (result) {
    case RequestParser::Result::kNeedMore:
      return AwaitRest();
    case RequestParser::Result::kRequest:
      return HandleRequest();
    case RequestParser::Result::kBody:
      return Reply(std::exchange(then_, nullptr)(request_.parser().TakeBody()));
    case RequestParser::Result::kRefused:
      return RefuseRequest(request_.parser().refusal(), request_.parser().refusal_detail());
    case RequestParser::Result::kHttp2:
      return Step::kHttp2;
  }
  return Step::kWait;
}

Http1Exchange::Step Http1Exchange::AwaitRest() {
  request_.Count();
  if (state_ == State::kReadingBody) return Step::kWait;
  const bool is_half = request_.parser().has_partial_request();
  if (answered_before_ && is_half && !std::exchange(head_begun_, true)) {
    deadline_ = base::Now() + shard_.options().request_header_timeout;
    Schedule();
  }
  Enter(State::kReading);
  if (is_half && !std::exchange(is_half_, true)) shard_.waiting().AddHalf(*this);
  return Step::kWait;
}

Http1Exchange::Step Http1Exchange::AwaitNextRequest() {
  answered_before_ = true;
  head_begun_ = false;
  is_half_ = false;
  deadline_ = base::Now() + shard_.options().keepalive_timeout;
  // If it was answering when its time came to leave.
  if (shard_.drained_at() != base::TimePoint::max()) leave_at_ = shard_.drained_at();
  Schedule();
  Enter(State::kReading);
  // What came behind the request is answered from a clean stack, so that a peer that sends
  // thousands of requests at once costs no depth, and others have their turn.
  awaits_next_ = true;
  return Step::kNextRequest;
}

Http1Exchange::Step Http1Exchange::Next() {
  awaits_next_ = false;
  return state_ == State::kReading ? OnParsed(request_.parser().Next()) : Step::kWait;
}

Http1Exchange::Step Http1Exchange::HandleRequest() {
  HttpReply reply = request_.Handle();
  more_follows_ = request_.has_body();
  after_ = request_.has_body() || request_.is_last() || shard_.draining() ? After::kClose
                                                                          : After::kNextRequest;
  return Reply(std::move(reply));
}

Http1Exchange::Step Http1Exchange::Reply(HttpReply&& reply) {
  if (auto* response = std::get_if<HttpResponse>(&reply)) {
    request_.NoteRefusal(*response);
    return Answer(std::move(*response));
  }
  if (auto* later = std::get_if<HttpLater>(&reply)) return AnswerLater(std::move(*later));
  if (auto* wants = std::get_if<HttpWantsBody>(&reply)) return AwaitBody(std::move(*wants));
  HttpStream& stream = std::get<HttpStream>(reply);
  if (!request_.head_only()) return Stream(std::move(stream));
  return Answer({.status = 200, .fields = std::move(stream.fields)});
}

Http1Exchange::Step Http1Exchange::RefuseRequest(int status, std::string_view detail) {
  more_follows_ = status != 408;
  after_ = After::kClose;
  then_ = nullptr;
  return Answer(request_.Refuse(status, detail));
}

Http1Exchange::Step Http1Exchange::Answer(HttpResponse response) {
  if (!request_.head_only()) answer_end_ = std::move(response.end);
  return BeginAnswer(Serialize(std::move(response), request_.head_only(), after_ == After::kClose));
}

Http1Exchange::Step Http1Exchange::AnswerLater(HttpLater later) {
  finish_ = std::move(later.finish);
  Enter(State::kAnswering);
  deadline_ = base::Now() + later.patience;
  Schedule();
  later_ = std::make_unique<HttpLater>(std::move(later));
  return Step::kAwaitAnswer;
}

Http1Exchange::Step Http1Exchange::FinishLater(uint64_t number) {
  if (!finish_ || request_.number() != number) return Step::kWait;
  return Reply(std::exchange(finish_, nullptr)());
}

Http1Exchange::Step Http1Exchange::AwaitBody(HttpWantsBody wants) {
  then_ = std::move(wants.then);
  deadline_ = base::Now() + shard_.options().request_header_timeout;
  Schedule();
  Enter(State::kReadingBody);
  // It is read whole, so the next request can follow it.
  more_follows_ = false;
  after_ = request_.is_last() || shard_.draining() ? After::kClose : After::kNextRequest;
  RequestParser& parser = request_.parser();
  const RequestParser::Result result = parser.ReadBody(wants.max_bytes);
  if (result == RequestParser::Result::kNeedMore && parser.expects_continue()) {
    // If the transport does not take it, the client goes on after a while, as it does with servers
    // that do not answer (RFC 9110 section 10.1.1).
    const iovec piece{.iov_base = const_cast<char*>(kContinue.data()), .iov_len = kContinue.size()};
    static_cast<void>(transport_.Write({&piece, 1}));
  }
  return OnParsed(result);
}

Http1Exchange::Step Http1Exchange::BeginAnswer(OutgoingAnswer answer) {
  RequestParser& parser = request_.parser();
  parser.ReleaseRequest();
  // What a peer sends before it has its answer waits only if there is room.
  if (parser.has_partial_request() &&
      shard_.stats().head_bytes.value() > shard_.options().max_head_bytes) {
    more_follows_ = true;
    if (after_ == After::kNextRequest) after_ = After::kClose;
  }
  if (more_follows_) parser.ReleaseAll();
  request_.Count();
  transport_.BeginAnswer(answer.bytes());
  answer_ = std::move(answer);
  CountAnswer();
  Enter(State::kAnswering);
  answered_at_ = base::Now();
  deadline_ = answered_at_ + shard_.options().write_stall_timeout;
  Schedule();
  return WriteAnswer();
}

Http1Exchange::Step Http1Exchange::WriteAnswer() {
  std::array<iovec, OutgoingAnswer::kMaxPieces> pieces;
  while (!answer_.done()) {
    const ssize_t written = transport_.Write(answer_.Rest(pieces));
    if (written < 0) return Close(CloseReason::kPeerReset);
    if (written == 0) {
      transport_.WaitWritable();
      return Step::kWait;
    }
    answer_.Take(static_cast<size_t>(written));
    const ConnectionOptions& options = shard_.options();
    const std::chrono::seconds due(answer_.taken() / options.min_answer_bytes_per_second);
    deadline_ = std::min(base::Now(), answered_at_ + due) + options.write_stall_timeout;
  }
  // Assigning would keep its memory (libstdc++).
  std::exchange(answer_, OutgoingAnswer());
  CountAnswer();
  switch (after_) {
    case After::kNextRequest:
      return AwaitNextRequest();
    case After::kClose:
      return Step::kLinger;
    case After::kHold:
      return Hold();
  }
  return Step::kWait;
}

Http1Exchange::Step Http1Exchange::Stream(HttpStream&& stream) {
  const std::string id = request_.connection_id();
  const fanout::Rendering rendering{.framing = request_.parser().chunked_allowed()
                                                   ? fanout::Framing::kChunked
                                                   : fanout::Framing::kBare};
  std::string head = Serialize({.status = 200,
                                .fields = stream.fields,
                                .chunked = rendering.framing == fanout::Framing::kChunked,
                                .close = true});
  std::variant<Admission::Ticket, Shed> received =
      Receive(shard_, {.stream = stream,
                       .peer_address = request_.peer_address(),
                       .connection_id = id,
                       .request_id = request_.given_id()});
  if (auto* ticket = std::get_if<Admission::Ticket>(&received)) {
    admitted_ = std::make_unique<Admitted>(rendering.framing, std::move(stream), std::move(*ticket),
                                           OutgoingAnswer(std::move(head)), request_.number(),
                                           request_.given_id());
    return Step::kStream;
  }
  std::string body;
  rendering.AppendText(std::get<Shed>(received).text, body);
  held_end_ = rendering.End();
  after_ = After::kHold;
  if (shard_.options().shed_hold <= base::Duration::zero()) {
    body += held_end_;
    after_ = After::kClose;
  }
  return BeginAnswer(OutgoingAnswer(std::move(head), std::move(body)));
}

Http1Exchange::Step Http1Exchange::Hold() {
  Enter(State::kHeld);
  deadline_ = base::Now() + shard_.options().shed_hold;
  Schedule();
  return Step::kWait;
}

Http1Exchange::Step Http1Exchange::EndHold() {
  after_ = After::kClose;
  return BeginAnswer(OutgoingAnswer({}, std::string(held_end_)));
}

Http1Exchange::Step Http1Exchange::OnDeadline() {
  const base::TimePoint now = base::Now();
  if (now < deadline_) {
    const Step step = now >= leave_at_ ? Leave(now) : Step::kWait;
    if (step == Step::kWait) Schedule();
    return step;
  }
  switch (state_) {
    case State::kReading:
      if (!answered_before_ || head_begun_) {
        return RefuseRequest(408, "the request's head did not arrive in time");
      }
      // Once more, for a request that has just come.
      if (const Step step = OnReadable(); step != Step::kWait) return step;
      if (state_ == State::kReading && IsIdle()) return Close(CloseReason::kPeerClosed);
      Schedule();
      return Step::kWait;
    case State::kReadingBody:
      return RefuseRequest(408, "the request's body did not arrive in time");
    case State::kAnswering:
      return finish_ ? FinishLater(request_.number()) : Close(CloseReason::kWriteStall);
    case State::kHeld:
      return EndHold();
  }
  return Step::kWait;
}

bool Http1Exchange::IsIdle() const {
  return !awaits_next_ && !request_.parser().has_partial_request();
}

void Http1Exchange::LeaveAt(base::TimePoint when) {
  if (when >= leave_at_) return;
  leave_at_ = when;
  Schedule();
}

Http1Exchange::Step Http1Exchange::Leave(base::TimePoint now) {
  leave_at_ = base::TimePoint::max();
  if (state_ == State::kHeld) return EndHold();
  if (state_ != State::kReading) return Step::kWait;
  if (const Step step = OnReadable(); step != Step::kWait) return step;
  if (state_ != State::kReading) return Step::kWait;
  if (!IsIdle()) {
    // The rest of half a request has the time that others have to leave.
    deadline_ = std::min(deadline_, std::max(now, shard_.drained_at()));
    return Step::kWait;
  }
  if (transport_.HasUntaken() && now < shard_.drained_at()) {
    leave_at_ = std::min(now + kTakenInterval, shard_.drained_at());
    return Step::kWait;
  }
  if (!answered_before_ && now < began_at_ + kFreshTime) {
    leave_at_ = began_at_ + kFreshTime;
    return Step::kWait;
  }
  return Close(CloseReason::kDrain);
}

Http1Exchange::Step Http1Exchange::GiveWay() {
  if (state_ == State::kReading) {
    if (const Step step = OnReadable(); step != Step::kWait) return step;
  }
  // What has sent half a request is no better than what has sent none.
  const bool waits = state_ == State::kReading || state_ == State::kReadingBody;
  return waits && !awaits_next_ ? Close(CloseReason::kPeerClosed) : Step::kWait;
}

void Http1Exchange::CountAnswer() {
  const size_t bytes = answer_.memory_bytes();
  shard_.stats().answer_bytes.Add(bytes - counted_answer_bytes_);
  counted_answer_bytes_ = bytes;
}

}  // namespace ssegw::net
