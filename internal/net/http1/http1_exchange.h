#ifndef SSEGW_INTERNAL_NET_HTTP1_HTTP1_EXCHANGE_H_
#define SSEGW_INTERNAL_NET_HTTP1_HTTP1_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "internal/base/time.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/http1/incoming_request.h"
#include "internal/net/http1/request_parser.h"
#include "internal/net/service/http_service.h"
#include "internal/net/service/outgoing_answer.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/waiting_sessions.h"
#include "internal/net/transport/lingering.h"
#include "internal/net/transport/transport.h"

namespace ssegw::net {

// Requests and answers over one transport, one after the other, until one of them asks for an event
// stream. It decides what happens, and its session does it: each call returns the step that comes
// next.
//
// Owns:     what has come of a request, and the answer on its way.
// Thread:   the shard's.
// Lifetime: the session destroys it when the step is kLinger, kStream, kHttp2 or kClose.
// Errors:   a peer that is gone is kClose.
class Http1Exchange final : public WaitingSession, private fanout::WheelEntry {
 public:
  enum class Step : uint8_t {
    kWait,         // for the transport or a deadline
    kNextRequest,  // call Next, from a clean stack
    kAwaitAnswer,  // start TakeLater(), and call FinishLater when the answer is ready
    kStream,       // carry the connection of TakeStream()
    kHttp2,        // the peer speaks HTTP/2: TakeReceived() is what has come
    kLinger,       // everything has been written: see lingers_for()
    kClose,        // with close_reason()
  };
  // An event stream that has been admitted.
  struct Admitted {
    fanout::Framing framing;
    HttpStream stream;
    Admission::Ticket ticket;
    OutgoingAnswer head;
    uint64_t number;  // see ShardContext::ConnectionId
    std::string request_id;
  };

  Http1Exchange(Session& owner, ShardContext& shard, Transport& transport, HttpService& service);
  ~Http1Exchange() override;

  // Called first. peer_address: without the port; empty: not known.
  Step Start(std::string peer_address);

  bool wants_readable() const { return state_ != State::kAnswering; }
  Step OnReadable();
  Step OnWritable();
  // After OnReadable and OnWritable, if the transport is broken.
  Step OnBroken() {
    return state_ == State::kAnswering ? Close(CloseReason::kPeerReset) : Step::kWait;
  }
  Step OnDeadline();
  Step Next();

  std::string TakeReceived() { return request_.parser().TakeReceived(); }
  const std::string& peer_address() const { return request_.peer_address(); }
  HttpLater TakeLater() { return std::move(*later_); }
  std::unique_ptr<Admitted> TakeStream() { return std::move(admitted_); }
  Lingering::Input lingers_for() const {
    return more_follows_ ? Lingering::Input::kRequestBody : Lingering::Input::kNothing;
  }
  CloseReason close_reason() const { return close_reason_; }

  // Which request is being answered; 0: none.
  uint64_t answering() const { return state_ == State::kAnswering ? request_.number() : 0; }
  // The answer to that request is ready, if it is still awaited.
  Step FinishLater(uint64_t number);
  // Lets whoever gave the answer that is being written end it; nullptr if nobody can.
  std::shared_ptr<AnswerEnd> TakeAnswerEnd() { return std::move(answer_end_); }

  // See Session.
  void LeaveAt(base::TimePoint when);
  Step GiveWay();
  Step RefuseHalfRequest() {
    return RefuseRequest(408, "the request came too slowly for the room that there is");
  }
  Step EndHold();

 private:
  enum class State : uint8_t {
    kReading,      // a request's head
    kReadingBody,  // that a service wants
    kAnswering,    // writes an answer, or waits for it to be made
    kHeld,         // has shed a connection and told it so; its end waits for shed_hold
  };
  // What comes after an answer.
  enum class After : uint8_t { kNextRequest, kClose, kHold };

  // fanout::WheelEntry
  void OnDeadline(base::TimePoint) override { session.OnDeadline(); }

  Step Close(CloseReason reason);
  void Enter(State state);
  void Schedule();

  Step Read();
  Step OnParsed(RequestParser::Result result);
  Step AwaitRest();
  Step AwaitNextRequest();
  Step HandleRequest();
  Step Reply(HttpReply&& reply);
  Step RefuseRequest(int status, std::string_view detail);
  Step Answer(HttpResponse response);
  Step AnswerLater(HttpLater later);
  Step AwaitBody(HttpWantsBody wants);
  Step BeginAnswer(OutgoingAnswer answer);
  Step WriteAnswer();
  Step Stream(HttpStream&& stream);
  Step Hold();
  Step Leave(base::TimePoint now);
  // Nothing of a request has come, nor been read.
  bool IsIdle() const;
  // Brings the shard's counter up to what the answer holds.
  void CountAnswer();

  ShardContext& shard_;
  Transport& transport_;
  State state_ = State::kReading;
  CloseReason close_reason_ = CloseReason::kPeerClosed;
  base::TimePoint began_at_;

  IncomingRequest request_;
  After after_ = After::kNextRequest;
  bool answered_before_ = false;
  // The step was kNextRequest, and Next is still to come.
  bool awaits_next_ = false;
  // Something of a later request has come.
  bool head_begun_ = false;
  // It is among the shard's half requests.
  bool is_half_ = false;
  // More may follow behind the request, or what should have been one, that is not read.
  bool more_follows_ = false;

  // Until the answer is there: where it comes from.
  std::function<HttpReply(std::string body)> then_;
  std::unique_ptr<HttpLater> later_;
  std::function<HttpReply()> finish_;
  std::unique_ptr<Admitted> admitted_;
  OutgoingAnswer answer_;
  std::shared_ptr<AnswerEnd> answer_end_;
  base::TimePoint answered_at_;
  // What ends the body of a held answer.
  std::string_view held_end_;

  // Of what the state waits for: a request, its body, an answer, the end of the hold.
  base::TimePoint deadline_ = base::TimePoint::max();
  base::TimePoint leave_at_ = base::TimePoint::max();
  // As the shard's counter has it.
  size_t counted_answer_bytes_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP1_HTTP1_EXCHANGE_H_
