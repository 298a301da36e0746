// Implementation notes
//
//   kHandling ──► kReadingBody ──► kAnswering ──► kDone
//       └──────────────┴───────────────▲ └──► kHeld ──► kDone
//
// An answer's head goes out at once, and its body as far as the windows and the socket take it. If
// they take no more there is one wait: for a credit of the stream, or for room in the connection.
// What is answered while its body still comes is answered all the same; the codec then tells the
// client that nobody reads the rest.
#include "internal/net/http2/http2_exchange.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <variant>

#include "internal/base/text.h"
#include "internal/net/service/arrival.h"

namespace ssegw::net {

Http2Exchange::Http2Exchange(Session& owner, ShardContext& shard, Http2Wire& wire,
                             HttpService& service, int32_t id, std::function<void()> on_deadline)
    : WaitingSession(owner),
      shard_(shard),
      wire_(wire),
      id_(id),
      on_deadline_(std::move(on_deadline)),
      handled_(shard, service) {}

Http2Exchange::~Http2Exchange() {
  shard_.waiting().Remove(*this);
  shard_.stats().head_bytes.Sub(counted_head_bytes_);
  shard_.stats().answer_bytes.Sub(counted_answer_bytes_);
}

void Http2Exchange::SetDeadline(base::TimePoint deadline) {
  deadline_ = deadline;
  shard_.loop().Schedule(*this, deadline);
}

Http2Exchange::Step Http2Exchange::Handle(const Http2Head& head, const std::string& peer_address,
                                          bool has_body, bool has_room) {
  handled_.SetPeer(peer_address);
  has_room_ = has_room;
  body_is_whole_ = !has_body;
  if (head.too_large()) return Refuse(431, "the request's head exceeds 32768 bytes");
  if (const auto fault = head.Fault()) return Refuse(400, *fault);
  HttpRequest request = head.request();
  content_length_ = head.content_length();
  expects_continue_ = has_body && head.expects_continue();
  request.has_body = has_body && content_length_.value_or(1) > 0;
  method_ = request.method;
  path_ = request.target.substr(0, request.target.find('?'));
  head_bytes_ = head.memory_bytes();
  return Reply(handled_.Handle(std::move(request)));
}

HttpRequest Http2Exchange::Known() const {
  HttpRequest request;
  request.method = method_;
  request.target = path_;
  return request;
}

Http2Exchange::Step Http2Exchange::Reply(HttpReply&& reply) {
  if (auto* response = std::get_if<HttpResponse>(&reply)) {
    handled_.NoteRefusal(*response, Known());
    return Answer(std::move(*response));
  }
  if (auto* later = std::get_if<HttpLater>(&reply)) return AnswerLater(std::move(*later));
  if (auto* wants = std::get_if<HttpWantsBody>(&reply)) return AwaitBody(std::move(*wants));
  HttpStream& stream = std::get<HttpStream>(reply);
  if (!handled_.head_only()) return Stream(std::move(stream));
  return Answer({.status = 200, .fields = std::move(stream.fields)});
}

Http2Exchange::Step Http2Exchange::Refuse(int status, std::string_view detail) {
  then_ = nullptr;
  HttpResponse response = handled_.Refuse(status, detail);
  handled_.NoteRefusal(response, Known());
  return Answer(std::move(response));
}

Http2Exchange::Step Http2Exchange::AwaitBody(HttpWantsBody wants) {
  then_ = std::move(wants.then);
  max_body_bytes_ = wants.max_bytes;
  state_ = State::kReadingBody;
  SetDeadline(base::Now() + shard_.options().request_header_timeout);
  Count();
  if (content_length_.value_or(0) > max_body_bytes_) return OnBody({}, false);
  if (expects_continue_) wire_.RespondContinue(id_);
  return OnBody({}, body_is_whole_);
}

Http2Exchange::Step Http2Exchange::OnBody(std::string_view bytes, bool ends) {
  if (state_ != State::kReadingBody) return Step::kWait;
  if (std::max<uint64_t>(body_.size() + bytes.size(), content_length_.value_or(0)) >
      max_body_bytes_) {
    return Refuse(413, "the request's body is longer than is taken");
  }
  body_ += bytes;
  Count();
  if (!ends) return Step::kWait;
  SetDeadline(base::TimePoint::max());
  return Reply(std::exchange(then_, nullptr)(std::exchange(body_, {})));
}

Http2Exchange::Step Http2Exchange::AnswerLater(HttpLater later) {
  finish_ = std::move(later.finish);
  state_ = State::kAnswering;
  SetDeadline(base::Now() + later.patience);
  Count();
  later_ = std::make_unique<HttpLater>(std::move(later));
  return Step::kAwaitAnswer;
}

Http2Exchange::Step Http2Exchange::FinishLater() {
  if (!finish_) return Step::kWait;
  return Reply(std::exchange(finish_, nullptr)());
}

Http2Exchange::Step Http2Exchange::Answer(HttpResponse response) {
  state_ = State::kAnswering;
  head_bytes_ = 0;
  base::Release(body_);
  const bool head_only = handled_.head_only();
  const Http2Response head =
      ToHttp2(response.status, response.fields, ContentLength(response, head_only));
  answer_ = OutgoingAnswer({}, std::move(response.body));
  answer_.SetStaticBody(response.static_body, std::move(response.static_body_owner));
  if (head_only || answer_.done()) {
    wire_.Respond(id_, head, /*ends=*/true);
    return Done();
  }
  answer_end_ = std::move(response.end);
  wire_.Respond(id_, head, /*ends=*/false);
  wire_.transport().BeginAnswer(answer_.bytes());
  answered_at_ = base::Now();
  SetDeadline(answered_at_ + shard_.options().write_stall_timeout);
  Count();
  return SendAnswer();
}

Http2Exchange::Step Http2Exchange::SendAnswer() {
  std::array<iovec, OutgoingAnswer::kMaxPieces> pieces;
  const Http2Wire::Result sent = wire_.Send(id_, answer_.Rest(pieces), nullptr);
  answer_.Take(sent.bytes);
  if (sent.bytes > 0) {
    const ConnectionOptions& options = shard_.options();
    const std::chrono::seconds due(answer_.taken() / options.min_answer_bytes_per_second);
    SetDeadline(std::min(base::Now(), answered_at_ + due) + options.write_stall_timeout);
  }
  if (!answer_.done()) {
    // No window is left for gateway.bye, and the end needs none.
    if (is_shed_ && !wire_.blocked()) return EndShed();
    return sent.taken == Http2Wire::Taken::kConnectionIsFull ? Step::kWaitForRoom : Step::kWait;
  }
  if (is_shed_ && shard_.options().shed_hold > base::Duration::zero()) {
    state_ = State::kHeld;
    held_since_ = base::Now();
    SetDeadline(held_since_ + shard_.options().shed_hold);
    shard_.waiting().AddHeld(*this);
    return Step::kWait;
  }
  wire_.End(id_);
  return Done();
}

Http2Exchange::Step Http2Exchange::Done() {
  state_ = State::kDone;
  // Assigning would keep its memory (libstdc++).
  std::exchange(answer_, OutgoingAnswer());
  answer_end_ = nullptr;
  SetDeadline(base::TimePoint::max());
  Count();
  return Step::kDone;
}

Http2Exchange::Step Http2Exchange::OnRoom() {
  return state_ == State::kAnswering && !finish_ ? SendAnswer() : Step::kWait;
}

Http2Exchange::Step Http2Exchange::Stream(HttpStream&& stream) {
  const std::string id = handled_.connection_id();
  std::variant<Admission::Ticket, net::Shed> received =
      Receive(shard_, {.stream = stream,
                       .peer_address = handled_.peer_address(),
                       .connection_id = id,
                       .request_id = handled_.given_id(),
                       .session_has_room = has_room_});
  if (auto* shed = std::get_if<net::Shed>(&received)) return Shed(stream, std::move(shed->text));
  Http2Response head = ToHttp2(200, stream.fields, std::nullopt);
  admitted_ = std::make_unique<Admitted>(std::move(stream),
                                         std::move(std::get<Admission::Ticket>(received)),
                                         std::move(head), handled_.number(), handled_.given_id());
  return Step::kStream;
}

Http2Exchange::Step Http2Exchange::Shed(const HttpStream& stream, std::string text) {
  is_shed_ = true;
  state_ = State::kAnswering;
  head_bytes_ = 0;
  answer_ = OutgoingAnswer({}, std::move(text));
  wire_.Respond(id_, ToHttp2(200, stream.fields, std::nullopt), /*ends=*/false);
  answered_at_ = base::Now();
  SetDeadline(answered_at_ + shard_.options().write_stall_timeout);
  Count();
  return SendAnswer();
}

Http2Exchange::Step Http2Exchange::EndHold() {
  return state_ == State::kHeld ? EndShed() : Step::kWait;
}

Http2Exchange::Step Http2Exchange::EndShed() {
  held_since_ = base::TimePoint::max();
  shard_.waiting().Remove(*this);
  wire_.End(id_);
  return Done();
}

Http2Exchange::Step Http2Exchange::OnDeadline() {
  if (base::Now() < deadline_) return Step::kWait;
  switch (state_) {
    case State::kReadingBody:
      return Refuse(408, "the request's body did not arrive in time");
    case State::kAnswering:
      if (finish_) return FinishLater();
      return is_shed_ ? EndShed() : Step::kReset;
    case State::kHeld:
      return EndHold();
    case State::kHandling:
    case State::kDone:
      return Step::kWait;
  }
  return Step::kWait;
}

size_t Http2Exchange::memory_bytes() const {
  return head_bytes_ + body_.capacity() + answer_.memory_bytes();
}

void Http2Exchange::Count() {
  const size_t of_request = head_bytes_ + body_.capacity();
  shard_.stats().head_bytes.Add(of_request - counted_head_bytes_);
  counted_head_bytes_ = of_request;
  const size_t of_answer = answer_.memory_bytes();
  shard_.stats().answer_bytes.Add(of_answer - counted_answer_bytes_);
  counted_answer_bytes_ = of_answer;
}

}  // namespace ssegw::net
