#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_STREAM_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_STREAM_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/net/http2/http2_credit.h"
#include "internal/net/http2/http2_exchange.h"
#include "internal/net/http2/http2_head.h"
#include "internal/net/http2/http2_left_behind.h"
#include "internal/net/http2/http2_wire.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/shard/unordered_list.h"
#include "internal/net/stream/connection.h"
#include "internal/net/stream/response_body.h"

namespace ssegw::net {

// One stream of an HTTP/2 session: first the exchange of a request and its answer; if the request
// asks for an event stream, the connection that this becomes.
//
// Owns:     the exchange, or the connection.
// Thread:   the shard's.
// Lifetime: its session holds it until OnGone, and then whoever shares its connection. It uses
//           nothing of the session after that.
// Errors:   none of it is the session's, which goes on.
// Cost:     while it carries a connection it holds no buffer.
class Http2Stream final : public Listed,
                          public std::enable_shared_from_this<Http2Stream>,
                          private Http2Writer,
                          private ResponseBody {
 public:
  Http2Stream(Session& session, ShardContext& shard, Http2Wire& wire, HttpService& service,
              int32_t id);
  ~Http2Stream();

  // Called first. has_room: there is room for what the streams of its session hold.
  void Begin(const Http2Head& head, const std::string& peer_address, bool has_body, bool has_room);
  // More of the request's body; ends: it is whole.
  void OnBody(std::string_view bytes, bool ends);
  // The client takes so many bytes more; 0: what it takes has changed otherwise.
  void OnCredit(uint32_t bytes, base::TimePoint now);
  // It is over.
  void OnGone(CloseReason reason, Http2LeftBehind& left_behind);

  // Ends a connection with gateway.bye, unless nothing of that would be taken: then it goes on
  // waiting, and may end as one that is stuck.
  void Leave(sse::ByeReason reason, base::TimePoint now);
  // Ends the body of whatever it is at once, without last words.
  void EndNow();
  // Ends an answer that is held.
  void EndHold() { Take(exchange_->EndHold()); }

  bool carries_connection() const { return connection_ != nullptr && connection_->is_open(); }
  // Since when windows, its own or the connection's, have let it send nothing of what it has; max:
  // they let it.
  base::TimePoint kept_since() const { return kept_since_; }
  // What it has of the connection's window.
  uint64_t uncredited() const { return credit_.uncredited(); }
  // Since when its answer has been held; max: it is not.
  base::TimePoint held_since() const {
    return exchange_ ? exchange_->held_since() : base::TimePoint::max();
  }
  // What it takes of the memory that its session may take.
  size_t memory_bytes() const;

 private:
  using Step = Http2Exchange::Step;

  // Http2Writer
  void OnRoom(base::TimePoint now) override;
  // ResponseBody
  ssize_t Write(std::span<const iovec> pieces, Writing writing) override;
  void WaitWritable(base::TimePoint now) override;
  void End() override { EndNow(); }
  bool EndShort(bool now) override;
  void Abort(CloseReason reason) override;
  TcpProgress::Peer CheckProgress(base::TimePoint now, base::Duration timeout) override;
  std::optional<LinkInfo> link() const override { return wire_.transport().link(); }
  std::shared_ptr<void> Share() override { return shared_from_this(); }

  // Does what the exchange wants.
  void Take(Step step);
  void StartLater();
  void LetAnswerEnd();
  void StartConnection();

  ShardContext& shard_;
  Http2Wire& wire_;
  std::unique_ptr<Http2Exchange> exchange_;
  // Of the connection's response, until its first bytes are sent: they go together, since Firefox
  // gives up an EventSource for good if its socket breaks between them.
  std::unique_ptr<Http2Response> head_;
  // Once there is one it stays until the stream goes, since others may share it.
  std::unique_ptr<Connection> connection_;
  std::weak_ptr<Http2LeftBehind::Work> work_;
  Http2Credit credit_;
  // Since when its own window alone has kept it from what it has to send.
  base::TimePoint full_since_ = base::TimePoint::max();
  base::TimePoint kept_since_ = base::TimePoint::max();
  const int32_t id_;
  // What its connection holds of filters.
  uint32_t filter_bytes_ = 0;
  // The connection is to be told when it may write again.
  bool waits_ = false;
  // Why it waits: its own window, rather than what all streams share.
  bool is_full_ = false;
  // Its socket's peer takes nothing.
  bool is_stuck_ = false;
  bool is_over_ = false;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_STREAM_H_
