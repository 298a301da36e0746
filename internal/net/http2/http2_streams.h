#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_STREAMS_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_STREAMS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "internal/base/time.h"
#include "internal/metrics/counter.h"
#include "internal/net/http2/http2_codec.h"
#include "internal/net/http2/http2_left_behind.h"
#include "internal/net/http2/http2_stream.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/shard/unordered_list.h"

namespace ssegw::net {

// The streams of one HTTP/2 session.
//
// Owns:   them, until they are over.
// Thread: the shard's.
class Http2Streams {
 public:
  // count: of the streams of a shard.
  explicit Http2Streams(metrics::Counter& count) : count_(count) {}

  void Add(std::shared_ptr<Http2Stream> stream) {
    count_.Add();
    streams_.Add(std::move(stream));
  }
  bool empty() const { return streams_.all().empty(); }
  size_t size() const { return streams_.all().size(); }
  // Streams that are over, while work for them goes on.
  size_t left_behind() const { return left_behind_.count(); }

  // Lets go of those that have closed.
  void LetGo(const std::vector<Http2Closed>& closed);
  // All of them are over, with that reason.
  void LoseAll(CloseReason reason);

  // The windows of all streams have changed.
  void OnWindows(base::TimePoint now);
  // Ends the body of each at once.
  void EndAll();
  // Ends the answer that has been held longest.
  void EndLongestHold();
  // If some that have not read for so long keep more than an equal share of what is sent and not
  // credited: ends the connections of the others, with gateway.bye. False: there are none, or no
  // others.
  bool SaveFromStarving(base::Duration since, sse::ByeReason reason, base::TimePoint now);

  bool carry_connections() const;
  // What they take of the memory that their session may take.
  size_t memory_bytes() const;

 private:
  void Remove(const Http2Stream& stream) {
    count_.Sub();
    streams_.Remove(stream);
  }

  metrics::Counter& count_;
  UnorderedList<std::shared_ptr<Http2Stream>> streams_;
  Http2LeftBehind left_behind_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_STREAMS_H_
