#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_EXCHANGE_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "internal/base/time.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/http2/http2_head.h"
#include "internal/net/http2/http2_wire.h"
#include "internal/net/service/handled_request.h"
#include "internal/net/service/http_service.h"
#include "internal/net/service/outgoing_answer.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/waiting_sessions.h"

namespace ssegw::net {

// The request of one HTTP/2 stream and its answer, until it is answered or becomes an event stream.
// It decides what happens, and its stream does it: each call returns the step that comes next.
//
// Owns:     what has come of the request's body, and the answer on its way.
// Thread:   the shard's.
// Lifetime: its stream destroys it when the step is kStream, or when the stream is over.
class Http2Exchange final : public WaitingSession, private fanout::WheelEntry {
 public:
  enum class Step : uint8_t {
    kWait,         // for the body, for a credit, or a deadline
    kWaitForRoom,  // see Http2Wire::WaitForRoom
    kAwaitAnswer,  // start TakeLater(), and call FinishLater when the answer is ready
    kStream,       // carry the connection of TakeStream()
    kReset,        // give it up
    kDone,         // everything has been sent
  };
  // An event stream that has been admitted.
  struct Admitted {
    HttpStream stream;
    Admission::Ticket ticket;
    Http2Response head;
    uint64_t number;  // see ShardContext::ConnectionId
    std::string request_id;
  };

  // id: of its stream. on_deadline: calls OnDeadline.
  Http2Exchange(Session& owner, ShardContext& shard, Http2Wire& wire, HttpService& service,
                int32_t id, std::function<void()> on_deadline);
  ~Http2Exchange() override;

  // Called first. has_room: there is room for what the streams of its session hold.
  Step Handle(const Http2Head& head, const std::string& peer_address, bool has_body, bool has_room);
  // More of the request's body; ends: it is whole.
  Step OnBody(std::string_view bytes, bool ends);
  // The stream or the connection takes something again.
  Step OnRoom();
  Step OnDeadline();
  // Ends the answer if it is held.
  Step EndHold();

  HttpLater TakeLater() { return std::move(*later_); }
  // The answer that was to come later is ready.
  Step FinishLater();
  std::unique_ptr<Admitted> TakeStream() { return std::move(admitted_); }
  // Lets whoever gave the answer that is being sent end it; nullptr if nobody can.
  std::shared_ptr<AnswerEnd> TakeAnswerEnd() { return std::move(answer_end_); }

  // What it takes of the memory, except what is shared.
  size_t memory_bytes() const;
  // Since when it has been held; max: it is not.
  base::TimePoint held_since() const { return held_since_; }

 private:
  enum class State : uint8_t {
    kHandling,
    kReadingBody,  // that a service wants
    kAnswering,    // sends an answer, or waits for it to be made
    kHeld,         // has shed a connection and told it so; its end waits for shed_hold
    kDone,
  };

  // fanout::WheelEntry
  void OnDeadline(base::TimePoint) override {
    // It may destroy this.
    const std::function<void()> call = on_deadline_;
    call();
  }

  void SetDeadline(base::TimePoint deadline);
  Step Reply(HttpReply&& reply);
  Step Refuse(int status, std::string_view detail);
  Step Answer(HttpResponse response);
  Step AnswerLater(HttpLater later);
  Step AwaitBody(HttpWantsBody wants);
  Step Stream(HttpStream&& stream);
  Step Shed(const HttpStream& stream, std::string text);
  Step SendAnswer();
  Step EndShed();
  Step Done();
  // Brings the shard's counters up to what it holds.
  void Count();
  // What its refusal tells of the request.
  HttpRequest Known() const;

  ShardContext& shard_;
  Http2Wire& wire_;
  const int32_t id_;
  const std::function<void()> on_deadline_;
  HandledRequest handled_;
  State state_ = State::kHandling;
  std::string method_;
  std::string path_;
  size_t head_bytes_ = 0;
  bool has_room_ = true;
  bool expects_continue_ = false;
  std::optional<uint64_t> content_length_;

  // Until the answer is there: where it comes from.
  std::string body_;
  bool body_is_whole_ = false;
  size_t max_body_bytes_ = 0;
  std::function<HttpReply(std::string body)> then_;
  std::unique_ptr<HttpLater> later_;
  std::function<HttpReply()> finish_;
  std::unique_ptr<Admitted> admitted_;
  OutgoingAnswer answer_;
  std::shared_ptr<AnswerEnd> answer_end_;
  base::TimePoint answered_at_;
  // The answer is gateway.bye.
  bool is_shed_ = false;
  base::TimePoint held_since_ = base::TimePoint::max();
  base::TimePoint deadline_ = base::TimePoint::max();
  // As the shard's counters have it.
  size_t counted_head_bytes_ = 0;
  size_t counted_answer_bytes_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_EXCHANGE_H_
