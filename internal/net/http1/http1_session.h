#ifndef SSEGW_INTERNAL_NET_HTTP1_HTTP1_SESSION_H_
#define SSEGW_INTERNAL_NET_HTTP1_HTTP1_SESSION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "internal/base/time.h"
#include "internal/net/http1/http1_exchange.h"
#include "internal/net/service/http_service.h"
#include "internal/net/service/outgoing_answer.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/session.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/stream/connection.h"
#include "internal/net/stream/response_body.h"
#include "internal/net/transport/lingering.h"
#include "internal/net/transport/transport.h"

namespace ssegw::net {

// HTTP/1.1 over one transport. It has one life after the other: first an exchange of requests and
// answers; if a request asks for an event stream, the connection that this becomes; at the end it
// lingers.
//
// Owns:   the transport, and whichever of the three there is.
// Thread: its shard's.
// Errors: a peer that is gone is not one.
// Cost:   while it carries a connection it holds no buffer.
class Http1Session final : public Session, private ResponseBody {
 public:
  Http1Session(ShardContext& shard, Transport transport, HttpService& service);
  ~Http1Session() override;

  // peer_address: without the port; empty: not known.
  void Start(std::string peer_address);

  // Session
  void LeaveAt(base::TimePoint when) override;
  bool carries_connections() const override { return connection_ != nullptr; }
  GaveWay GiveWay() override;
  void OnDeadline() override;
  void RefuseHalfRequest() override;
  void EndHold() override;
  void Close(CloseReason reason) override;

 private:
  using Step = Http1Exchange::Step;

  // EpollHandler
  void OnEvents(uint32_t events) override;
  // ResponseBody
  ssize_t Write(std::span<const iovec> pieces, Writing writing) override;
  void WaitWritable(base::TimePoint now) override;
  void End() override { Linger(Lingering::Input::kNothing); }
  bool EndShort(bool) override { return false; }
  void Abort(CloseReason reason) override { Close(reason); }
  TcpProgress::Peer CheckProgress(base::TimePoint now, base::Duration timeout) override;
  std::optional<LinkInfo> link() const override { return transport_.link(); }
  std::shared_ptr<void> Share() override { return shared_from_this(); }

  std::shared_ptr<Http1Session> Self();
  bool is_open() const { return transport_.is_open(); }
  // Where the open session is counted.
  metrics::Counter& CountedAs();
  // What the transport waits for may have changed.
  void Watch();
  // Does what the exchange wants.
  void Take(Step step);
  void StartLater();
  void LetAnswerEnd();
  void StartConnection();
  // Hands the transport to a session that speaks it.
  void BecomeHttp2();
  void Linger(Lingering::Input input);
  void OnReadable();
  void OnWritable();
  // The head of the connection's response goes first.
  ssize_t WriteWithHead(std::span<const iovec> pieces);

  ShardContext& shard_;
  HttpService& service_;
  std::unique_ptr<Http1Exchange> exchange_;
  // What the transport has not taken of the connection's head.
  std::unique_ptr<OutgoingAnswer> head_;
  // Once there is one it stays until the session goes, since others may share it.
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Lingering> lingering_;
  Transport transport_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP1_HTTP1_SESSION_H_
