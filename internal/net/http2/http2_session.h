#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_SESSION_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/http2/http2_codec.h"
#include "internal/net/http2/http2_frames.h"
#include "internal/net/http2/http2_streams.h"
#include "internal/net/http2/http2_wire.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/waiting_sessions.h"
#include "internal/net/transport/lingering.h"
#include "internal/net/transport/transport.h"

namespace ssegw::net {

// HTTP/2 over one transport: many streams, each with a request and its answer, or a connection.
//
// Owns:   the wire, the streams, and what lingers at the end.
// Thread: its shard's.
// Errors: a peer that is gone is not one. What is against the protocol ends the session with
//         GOAWAY, and a flood with ENHANCE_YOUR_CALM.
// Cost:   some 27 KB. What one turn of the loop gives to its streams goes out in one write.
class Http2Session final : public Session, private fanout::WheelEntry {
 public:
  // All bytes that its streams hold, except what they share with others, what is unsent of a frame,
  // and what is gathered: beyond it requests are refused, to be sent again later.
  static constexpr size_t kMaxHeldBytes = size_t{1024} * 1024;
  // Streams that do not read have kept so much of the connection's window for so long that the
  // others starve.
  static constexpr size_t kLowWindow = size_t{64} * 1024;
  static constexpr base::Duration kStarvedAfter = std::chrono::seconds(5);

  Http2Session(ShardContext& shard, Transport transport, HttpService& service);
  ~Http2Session() override;

  // received: what has come, from the preface on. peer_address: without the port; empty: not known.
  void Start(std::string peer_address, std::string_view received);

  // Session
  void LeaveAt(base::TimePoint when) override;
  void OnDrain() override;
  bool carries_connections() const override { return streams_.carry_connections(); }
  GaveWay GiveWay() override;
  void OnDeadline() override;
  void RefuseHalfRequest() override;
  void EndHold() override { streams_.EndLongestHold(); }
  void Close(CloseReason reason) override;

 private:
  // EpollHandler
  void OnEvents(uint32_t events) override;
  // fanout::WheelEntry
  void OnDeadline(base::TimePoint now) override;

  // Among the transports of the shard.
  metrics::Counter& CountedAs();
  bool is_open() const { return wire_.is_open(); }
  Http2Codec& codec() { return wire_.codec(); }
  void OnReadable();
  void Receive(std::string_view bytes);
  // Part of a head has come, or no longer.
  void NoteHalf(base::TimePoint now);
  void Act(const Http2Input& input, base::TimePoint now);
  void BeginStream(const Http2Input& request);
  void GiveBody(const Http2Input& input);
  void GiveCredit(const Http2Input& input, base::TimePoint now);
  // True: this was one too many, and the session ends.
  bool IsFlood(std::optional<Http2Flood> kind);

  // Does what a turn of the loop has left: writes what is gathered, lets go of streams that are
  // over, has those that wait write on. Call it after anything that may have given work.
  void Settle();
  // Lets go of those that are over.
  void CloseStreams();
  // The session is among those that may give way while it carries nothing.
  void Wait();
  // Once no stream is left, if it is to leave.
  void LeaveIfDone(base::TimePoint now);
  // Ends the session with GOAWAY; streams that are left are over with that reason.
  void Terminate(Http2Error error, CloseReason reason);
  void Linger();
  void Watch();
  void Schedule();
  base::TimePoint NextDeadline() const;
  void CheckPeer(base::TimePoint now);
  void CheckWindow(base::TimePoint now);

  ShardContext& shard_;
  HttpService& service_;
  std::string peer_address_;
  Http2Frames frames_;
  Http2Wire wire_;
  Http2Streams streams_;
  WaitingSession waiting_{*this};
  std::unique_ptr<Lingering> lingering_;

  bool settle_posted_ = false;
  // GOAWAY is on its way, or has been written, and nothing else is.
  bool ending_ = false;
  // It leaves when no stream is left.
  bool leaving_ = false;
  // A head has begun to come: the session is among those with half a request.
  bool is_half_ = false;
  size_t half_bytes_ = 0;
  CloseReason end_reason_ = CloseReason::kPeerClosed;
  base::TimePoint last_frame_at_;
  // Until then a frame of the client is waited for, as the answer to a PING; max: it was not asked.
  base::TimePoint answer_due_ = base::TimePoint::max();
  // Of what is to come: the preface, the rest of a head, a request; while it ends, of the last
  // words.
  base::TimePoint patience_ends_at_ = base::TimePoint::max();
  base::TimePoint leave_at_ = base::TimePoint::max();
  base::TimePoint window_low_since_ = base::TimePoint::max();
  base::TimePoint scheduled_for_ = base::TimePoint::max();
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_SESSION_H_
