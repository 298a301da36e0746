#ifndef SSEGW_TESTS_TESTING_CROWD_CROWD_HTTP2_H_
#define SSEGW_TESTS_TESTING_CROWD_CROWD_HTTP2_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssegw::testing {

// What the streams of an HTTP/2 connection bring, each by the number that was given with its
// request.
class Http2Listener {
 public:
  virtual ~Http2Listener() = default;
  virtual void OnHead(size_t number, int status) = 0;
  virtual void OnData(size_t number, std::string_view bytes) = 0;
  // is_whole: the server ended it, and did not reset it.
  virtual void OnStreamEnd(size_t number, bool is_whole) = 0;
};

// The client's side of an HTTP/2 connection whose answers are long streams, with the windows of
// Chromium, which are given back as soon as half of one is used.
//
// Owns:   the state of the connection; it knows no socket. Thread: one.
// Errors: Receive is false, and the connection is of no more use.
class CrowdHttp2 {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // listener: outlives it.
  explicit CrowdHttp2(Http2Listener& listener);

  // Returns the stream. Where the server allows no more at a time, it waits for its turn.
  int32_t Request(size_t number, const Headers& headers);
  // The listener hears no more of it.
  void Reset(int32_t stream);
  // The listener hears within the call.
  bool Receive(std::string_view bytes);
  // What is to be sent now.
  std::string TakeUnsent();
  // The server has said that it takes no more requests: GOAWAY.
  bool is_going_away() const { return is_going_away_; }

 private:
  struct Frees {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Callbacks;

  Http2Listener& listener_;
  std::unique_ptr<nghttp2_session, Frees> session_;
  bool is_going_away_ = false;
  int status_ = 0;     // of the block of headers that comes
  int32_t ended_ = 0;  // the stream whose last frame has come
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_CROWD_HTTP2_H_
