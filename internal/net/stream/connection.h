#ifndef SSEGW_INTERNAL_NET_STREAM_CONNECTION_H_
#define SSEGW_INTERNAL_NET_STREAM_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/message.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/subscription.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard/connection_log.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/shared_texts.h"
#include "internal/net/shard/unordered_list.h"
#include "internal/net/stream/connection_info.h"
#include "internal/net/stream/response_body.h"
#include "internal/sse/control.h"
#include "internal/window/filter.h"

namespace ssegw::net {

// One SSE client: gets the events of a subscription through the body of a response, heartbeats
// when there are none, and gateway.bye when it has to leave.
//
// Owns:     the subscription, and its place in the admission.
// Thread:   its shard's.
// Lifetime: as long as the session that carries it; it is over with OnGone.
// Errors:   a peer that is gone is not one; the reason is counted.
// Cost:     an idle one holds no buffer.
class Connection final : public Listed, private fanout::ByteSink, private fanout::WheelEntry {
 public:
  // How its session made it.
  struct Origin {
    uint64_t number;  // see ShardContext::ConnectionId
    std::string request_id;
    Admission::Ticket ticket;
    fanout::Framing framing;  // of the body
    size_t head_bytes;        // of the response's head, which the body sends first
  };

  Connection(ShardContext& shard, ResponseBody& body, Origin origin);
  ~Connection() override;

  // Begins to write. May end with OnGone.
  void Start(const HttpStream& stream);

  // Ends it gracefully at that time, with gateway.bye. The earliest of several calls counts.
  void LeaveAt(base::TimePoint when, sse::ByeReason reason);
  // Says gateway.stale or gateway.fresh, if that is news to its client. May end with OnGone.
  void SayFreshness(base::TimePoint now);
  // Takes a message, unless it returns another fate than kQueued: see fanout::Subscription::Queue.
  // What waits goes out with the next write, or with Flush. Both may end with OnGone.
  fanout::MessageFate Queue(fanout::Message& message, base::TimePoint now);
  void Flush(base::TimePoint now);
  // Ends it with gateway.bye "closed" now; retry: when its client is to come back. May end with
  // OnGone. False: it is ending already.
  bool SendAway(std::chrono::milliseconds retry);
  // Ends it at once.
  void Close(CloseReason reason) { body_.Abort(reason); }

  // The body's: Write takes something again; the response is over.
  void OnWritable(base::TimePoint now);
  void OnGone(CloseReason reason);

  bool is_open() const { return subscription_.has_value(); }
  uint64_t number() const { return number_; }
  // What follows is only for one that is open.
  std::string_view address() const { return ticket().address(); }
  // Who its client is; empty: nobody has said.
  std::string_view identity() const { return identity_ ? *identity_ : std::string_view(); }
  const window::Filters& filters() const { return subscription().filters(); }
  // fanout::Subscription::sent_id
  std::string sent_id() const { return subscription().sent_id(); }
  // Zero: it has no maxRate.
  base::Duration min_interval() const { return subscription().min_interval(); }
  ConnectionRank rank(base::TimePoint now) const;
  // Size of the frame of which the socket took a part more than a second ago and nothing since, if
  // it is from before that seq; otherwise 0.
  size_t HeldFrameBytes(uint64_t before_seq, base::TimePoint now) const;
  // Without the link.
  ConnectionInfo Describe(base::TimePoint now) const;
  // Three system calls.
  std::optional<LinkInfo> link() const { return body_.link(); }

  // Keeps it and its session alive.
  std::shared_ptr<Connection> Share();

 private:
  enum class State : uint8_t {
    kStreaming,
    kEnding,  // writes its last words
    kEnded,   // has written them
    kGone,
  };

  // fanout::ByteSink
  ssize_t Write(std::span<const iovec> pieces) override;
  void OnNext(fanout::Next next) override;
  // fanout::WheelEntry
  void OnDeadline(base::TimePoint now) override;

  void OnStreamingDeadline(base::TimePoint now);
  void EndBecause(sse::ByeReason reason);
  void End(sse::ByeReason reason, std::chrono::milliseconds retry);
  // Ends the body without its last words. False: see ResponseBody::EndShort.
  bool EndShort(bool now);
  void WaitWritable();
  void Schedule(base::TimePoint now);
  // For this connection; --heartbeat_interval may change meanwhile.
  base::Duration HeartbeatInterval() const;
  // From the last write to the next heartbeat.
  base::Duration HeartbeatAfter() const;
  // Of everything, the response's head too.
  uint64_t bytes_sent() const;
  ConnectionFields Fields(std::string_view id) const;

  // These are there from Start, and from the beginning, until OnGone; nobody asks for them later.
  // NOLINTBEGIN(bugprone-unchecked-optional-access)
  fanout::Subscription& subscription() { return *subscription_; }
  const fanout::Subscription& subscription() const { return *subscription_; }
  const Admission::Ticket& ticket() const { return *ticket_; }
  // NOLINTEND(bugprone-unchecked-optional-access)

  ShardContext& shard_;
  ResponseBody& body_;
  std::optional<fanout::Subscription> subscription_;
  std::optional<Admission::Ticket> ticket_;
  const uint64_t number_;
  // The X-Request-Id of its request; empty if there was none that could be taken over.
  const std::string request_id_;
  // Who its client is; nullptr: nobody has said.
  std::unique_ptr<const std::string> identity_;
  SharedTexts::Text user_agent_;
  base::TimePoint began_at_;
  base::WallTime opened_at_;
  // When it leaves; while it ends: when it is given up.
  base::TimePoint leave_at_ = base::TimePoint::max();
  base::TimePoint paced_at_ = base::TimePoint::max();
  base::TimePoint next_progress_check_;
  const uint32_t head_bytes_;
  // 0: --heartbeat_interval.
  uint32_t heartbeat_interval_ms_ = 0;
  // The share of the heartbeat interval after which a heartbeat is due, so that not all are due in
  // the same tick.
  float heartbeat_share_ = 1;
  const fanout::Framing framing_;
  State state_ = State::kStreaming;
  sse::ByeReason leave_reason_ = sse::ByeReason::kMaxAge;
  // Why it is ending.
  CloseReason close_reason_ = CloseReason::kPeerClosed;
  bool pump_posted_ = false;
  // The socket has not taken all that was offered.
  bool stalled_ = false;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_CONNECTION_H_
