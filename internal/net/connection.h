#ifndef SSEGW_INTERNAL_NET_CONNECTION_H_
#define SSEGW_INTERNAL_NET_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/subscription.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/net/admission.h"
#include "internal/net/connection_log.h"
#include "internal/net/http_service.h"
#include "internal/net/net_stats.h"
#include "internal/net/request_parser.h"
#include "internal/net/send_buffer.h"
#include "internal/net/shard_thread.h"
#include "internal/net/stream_info.h"
#include "internal/net/tcp_progress.h"
#include "internal/sse/control.h"

namespace ssegw::net {

// One socket: answers requests until one of them is for an event stream, and is that stream from
// then on.
//
// Owns:     the socket; while it reads and answers requests an Exchange; as a stream a
//           Subscription.
// Thread:   its shard's.
// Lifetime: held by its shard until Close, and by the handlers of pending operations.
// Errors:   a peer that is gone is not one; the reason is counted.
// Cost:     an idle stream holds no buffer.
class Connection final : public std::enable_shared_from_this<Connection>,
                         public IdlePeer,
                         private fanout::ByteSink,
                         private fanout::WheelEntry {
 public:
  // fd: non-blocking, of a Listener, with the options that it gives; closed by this. peer_address:
  // without the port; empty: not known.
  Connection(ShardThread& shard, int fd, std::string peer_address, HttpService& service);
  ~Connection() override;

  void Start();

  // Ends a stream in order at that time, with gateway.bye; other connections are closed then, but
  // for what has been asked on them. The earliest of several calls counts.
  void LeaveAt(base::TimePoint when, sse::ByeReason reason);

  // Closes one of the shard's idle ones, so that others have its place; false: a request had come,
  // and is answered instead.
  bool GiveWay();
  // Which of the shard's idle ones came first.
  uint64_t idle_number() const { return idle_number_; }
  // Half a request has come, and there is no room for it any more.
  void RefuseHalfRequest();
  // Ends one of the shard's held ones.
  void EndHold();

  // Ends it at once. Once closed, does nothing.
  void Close(CloseReason reason);

  // For who looks for the slow ones; but for the first, only of one that is an event stream.
  bool is_stream() const { return subscription_ != nullptr; }
  StreamRank rank(base::TimePoint now) const;
  // The size of the frame of which the socket took a part more than a second ago and nothing since,
  // if it is from before that seq; otherwise 0.
  size_t HeldFrameBytes(uint64_t before_seq, base::TimePoint now) const;
  // Three system calls.
  StreamInfo Describe(base::TimePoint now);

 private:
  friend class EpollSet;
  friend class ShardThread;
  enum class State : uint8_t {
    kReading,    // of a request head
    kAnswering,  // writes a response
    kStreaming,
    kEnding,     // writes the last words of a stream
    kHeld,       // was turned away and has been told so; its end waits for shed_hold
    kLingering,  // wrote all, and waits for the peer to close
    kClosed,
  };
  // What comes after an answer.
  enum class After : uint8_t { kNextRequest, kClose, kHold };
  // What request and response need, and an idle stream does not.
  struct Exchange {
    RequestParser parser;
    // Until it is there: where the answer comes from.
    std::function<HttpResponse()> finish;
    bool head_only = false;
    bool answered_before = false;
    std::string head;
    std::string body;
    std::string_view static_body;
    std::shared_ptr<const void> static_body_owner;
    size_t written = 0;
    base::TimePoint answered_at;
    After after = After::kNextRequest;
    // Of a held one: what ends its body.
    std::string_view end;
    // Between two requests: something of the next one has come.
    bool head_begun = false;
    // It is among the shard's half requests.
    bool is_half = false;
    // As the shard's stats have it.
    size_t counted_head_bytes = 0;
    size_t counted_answer_bytes = 0;
    // Behind the request, or what should have been one, more may follow that is not read.
    bool more_follows = false;
  };

  // fanout::ByteSink
  ssize_t Write(std::span<const iovec> pieces) override;
  void OnNext(fanout::Next next) override;
  // fanout::WheelEntry
  void OnDeadline(base::TimePoint now) override;
  void OnStateDeadline();

  void Enter(State state);
  // The EpollSet's: what has come for the socket.
  void OnEvents(uint32_t events);
  // To be called when it may wait for something else than before.
  void Watch();
  void OnReadable();
  void WaitWritable();
  void OnWritable();
  void ReadRequest();
  void ReadAndDiscard();
  void OnParsed(RequestParser::Result result);
  void HandleRequest();
  void RefuseRequest(int status, std::string_view detail);
  // Logs it, and gives the answer its id. request: nullptr for what never became one.
  void NoteRefusal(HttpResponse& response, std::string_view id, const HttpRequest* request);
  void Answer(HttpResponse response, bool head_only, After after);
  void AnswerLater(HttpLater later, bool head_only, After after);
  void FinishLater();
  // Of what the exchange has: that many bytes.
  void BeginAnswer(size_t bytes);
  // Brings the shard's stats up to what the exchange holds.
  void CountHead();
  void CountAnswer(size_t bytes);
  void FreeExchange();
  void WriteAnswer();
  void AwaitNextRequest();
  // retry is drawn anew with each call.
  Arrival ArrivalOf(const HttpStream& stream, std::string_view peer_address);
  void StartStream(const HttpStream& stream, bool chunked);
  StreamOfLog ForLog(std::string_view connection_id) const;
  void Shed(ShedReason reason, const HttpStream& stream, const Arrival& arrival, bool chunked);
  void Hold();
  void Leave(base::TimePoint now);
  // Takes what has come meanwhile of a request; false: it is no longer idle.
  bool IsStillIdle();
  void LogClose(CloseReason reason, base::TimePoint now) const;
  void EndStream(sse::ByeReason reason);
  void Linger();
  // It has not taken all that it was sent, but goes on taking.
  bool LingersOn(base::TimePoint now);
  void Schedule(base::TimePoint now);
  // Of this stream; --heartbeat_interval may change meanwhile.
  base::Duration HeartbeatInterval() const;
  // Since the last write.
  base::Duration HeartbeatAfter() const;

  ShardThread& shard_;
  HttpService& service_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<fanout::Subscription> subscription_;
  // Of the request in hand, or the one that it is the stream of: see ShardThread::ConnectionId.
  uint64_t number_ = 0;
  // The peer's; as a stream: whose it is, which is what the admission counts it under.
  std::string address_;
  // The X-Request-Id that it came with; empty: none, or none that is taken over.
  std::string request_id_;
  base::TimePoint began_at_;
  // -1: closed.
  int fd_;
  uint64_t idle_number_ = 0;
  // Where its shard keeps it.
  uint32_t index_in_shard_ = 0;
  // Of the EpollSet, once it is there.
  uint8_t watched_events_ = 0;
  bool in_epoll_set_ = false;
  bool admitted_ = false;
  State state_ = State::kReading;
  bool waits_writable_ = false;
  bool pump_posted_ = false;
  bool next_request_posted_ = false;
  sse::ByeReason leave_reason_ = sse::ByeReason::kMaxAge;
  CloseReason close_reason_ = CloseReason::kPeerClosed;
  uint32_t discarded_bytes_ = 0;
  SendBuffer send_buffer_;
  // The share of the heartbeat interval that is waited, so that not all are due in the same tick.
  float heartbeat_share_ = 1;
  // What the stream asked for; 0: --heartbeat_interval.
  uint32_t heartbeat_interval_ms_ = 0;
  // Of the state's own: request head, response, last words, lingering.
  base::TimePoint state_deadline_ = base::TimePoint::max();
  base::TimePoint leave_at_ = base::TimePoint::max();
  base::TimePoint paced_at_ = base::TimePoint::max();
  // The socket has not taken all that was offered.
  bool stalled_ = false;
  // As a stream: whether the peer takes anything, and when to look next. While it lingers: when to
  // look no more.
  TcpProgress progress_;
  base::TimePoint look_at_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_CONNECTION_H_
