#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_WIRE_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_WIRE_H_

#include <sys/uio.h>

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "internal/base/time.h"
#include "internal/net/http2/http2_codec.h"
#include "internal/net/http2/http2_credit.h"
#include "internal/net/http2/http2_floods.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/shard_context.h"
#include "internal/net/transport/tcp_progress.h"
#include "internal/net/transport/transport.h"

namespace ssegw::net {

// A stream that has more to send than its socket, or the connection's window, takes at the moment.
class Http2Writer : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // There is room again, for some.
  virtual void OnRoom(base::TimePoint now) = 0;

 protected:
  ~Http2Writer() = default;
};

// What the streams of one socket share: the codec, the transport, and what is gathered for it, so
// that all that one turn of the loop gives to a hundred streams is one write.
//
// Frames are gathered only as far as the socket took the last ones, so what waits for a slow socket
// is still in the window, where it may be superseded.
//
// Owns:     the transport, the codec, at most kMaxOutput of data and what answers the client's
//           frames; nothing while there is nothing to send.
// Thread:   the shard's.
// Lifetime: a member of its session, whose streams go before it.
// Errors:   fault(): the session closes with that reason. No call here ends a stream.
class Http2Wire {
 public:
  static constexpr size_t kMaxOutput = size_t{64} * 1024;
  // Less than this of a window is not used for a part of what there is to send: a client that opens
  // its windows by a byte gets no frame for each.
  static constexpr size_t kMinWindow = 1024;

  // settle: called when something was sent, or there is a fault, until Flush; it has the session
  // call Flush when the turn is over.
  Http2Wire(ShardContext& shard, Transport transport, uint32_t max_streams,
            std::function<void()> settle);
  ~Http2Wire();
  Http2Wire(const Http2Wire&) = delete;
  Http2Wire& operator=(const Http2Wire&) = delete;

  Transport& transport() { return transport_; }
  Http2Codec& codec() { return codec_; }
  Http2Floods& floods() { return floods_; }
  bool is_open() const { return transport_.is_open(); }

  // What the client began the connection with is read, and so may be answered.
  void Begin();

  // The head of a response. ends: there is no body. Returns how many bytes it takes.
  size_t Respond(int32_t stream, const Http2Response& response, bool ends);
  void RespondContinue(int32_t stream);

  // Why less was taken than was offered.
  enum class Taken : uint8_t {
    kAll,
    kStreamIsFull,      // wait for a credit of the stream
    kConnectionIsFull,  // or its socket is: call WaitForRoom
  };
  struct Result {
    size_t bytes = 0;
    Taken taken = Taken::kAll;
  };
  // How much of pieces may be sent now.
  Result Room(int32_t stream, std::span<const iovec> pieces, const Http2Credit* credit);
  // Data of a response. credit: of an event stream; nullptr: of another answer, which may use the
  // whole window.
  Result Send(int32_t stream, std::span<const iovec> pieces, Http2Credit* credit);
  // The first event stream of the session begins.
  void BeginStreams();
  // What was sent is not late: see Transport::OnLiveWrite.
  void OnLive() { is_live_ = true; }
  // The end of a response. It needs no window.
  void End(int32_t stream);
  void Reset(int32_t stream, Http2Error error);

  // OnRoom is called once, when there is room in the connection's window and in the socket.
  void WaitForRoom(Http2Writer& writer, base::TimePoint now);
  // Those that wait have a go each, in turn, as long as there is room.
  void RunWriters(base::TimePoint now);

  // Something is due that the codec has.
  void Touch();
  // Writes what is gathered, as far as the socket takes it.
  void Flush();
  // The socket has not taken all.
  bool blocked() const { return transport_.waits_writable(); }
  bool has_output() const { return !output_.empty(); }
  // So much waits that the client is not read until it takes some.
  bool is_clogged() const { return blocked() && output_.size() >= kMaxOutput; }
  void OnWritable(base::TimePoint now);

  // Whether the peer takes what its socket is sent.
  TcpProgress::Peer CheckProgress(base::TimePoint now, base::Duration timeout);
  // Something is still on its way, and the peer has taken some within that time, or since the last
  // call.
  bool IsTaking(base::TimePoint now, base::Duration within);
  // The session is to close with that reason.
  void Fail(CloseReason reason);
  std::optional<CloseReason> fault() const { return fault_; }

 private:
  // Without the first bytes of pieces.
  Result RoomAfter(size_t skip, int32_t stream, std::span<const iovec> pieces,
                   const Http2Credit* credit);
  void Count();

  ShardContext& shard_;
  const std::function<void()> settle_;
  Transport transport_;
  Http2Codec codec_;
  Http2Floods floods_;
  std::string output_;
  // Of output_.
  size_t written_ = 0;
  size_t counted_bytes_ = 0;
  bool touched_ = false;
  bool carries_streams_ = false;
  // Of what is gathered, something is live.
  bool is_live_ = false;
  std::optional<CloseReason> fault_;
  boost::intrusive::list<Http2Writer, boost::intrusive::constant_time_size<false>> writers_;
  base::TimePoint progress_checked_at_;
  TcpProgress::Peer progress_ = TcpProgress::Peer::kTakes;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_WIRE_H_
