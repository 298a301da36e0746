#ifndef SSEGW_BENCH_STORE_PUBLISH_CALL_H_
#define SSEGW_BENCH_STORE_PUBLISH_CALL_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/file_descriptor.h"
#include "internal/base/free_with.h"

namespace ssegw::bench {

// One call of PublishStream, on a connection of its own: HTTP/2 by libnghttp2, and messages that
// were made beforehand but for their request_id. A library for gRPC takes three quarters of the
// gateway's CPU for the same, which what is measured then lacks.
//
// Thread: one, which waits for fd(). Errors: Failure for an event that is refused, an answer out of
// order, and a call that ends early.
class PublishCall {
 public:
  // events: as bytes of Event, sent in turn; they outlive it.
  PublishCall(const std::string& address, const std::vector<std::string>& events);
  ~PublishCall();
  PublishCall(const PublishCall&) = delete;
  PublishCall& operator=(const PublishCall&) = delete;

  int fd() const { return socket_.get(); }
  // It waits for the socket to take more.
  bool is_blocked() const { return sent_ < unsent_.size(); }

  // So many of its events may be without an answer. Follow with Advance.
  void Allow(size_t on_their_way) { on_their_way_ = on_their_way; }
  // Reads and writes what can be.
  void Advance();
  uint64_t acknowledged() const { return acknowledged_; }
  bool is_idle() const { return acknowledged_ == given_; }

 private:
  struct Callbacks;
  void Receive();
  // Answers, as they come.
  void Take(std::string_view bytes);
  void TakeAnswer(std::string_view message);
  // Messages that may be sent now; 0: none.
  size_t Give(uint8_t* into, size_t room);
  void Send();

  const std::vector<std::string>& events_;
  const base::FileDescriptor socket_;
  std::unique_ptr<nghttp2_session, base::FreeWith<nghttp2_session_del>> session_;
  int32_t stream_ = 0;

  size_t on_their_way_ = 0;
  uint64_t given_ = 0;
  uint64_t acknowledged_ = 0;
  std::string messages_;  // made, and not yet in a frame from given_at_ on
  size_t given_at_ = 0;
  std::string answers_;  // the beginning of one
  std::string fault_;    // no exception crosses the library
  std::string unsent_;   // frames, from sent_ on
  size_t sent_ = 0;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_STORE_PUBLISH_CALL_H_
