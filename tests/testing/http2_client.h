#ifndef SSEGW_TESTS_TESTING_HTTP2_CLIENT_H_
#define SSEGW_TESTS_TESTING_HTTP2_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/http_connection.h"
#include "tests/testing/tcp_socket.h"

struct nghttp2_session;

namespace ssegw::testing {

struct Http2Options {
  // Of each stream, as SETTINGS tell; and what the connection's is widened to, if that is more than
  // its 65,535.
  uint32_t stream_window = 65'535;
  uint32_t connection_window = 65'535;
  // What is read is credited at once; otherwise only by Credit.
  bool credits = true;
  TcpOptions tcp = {};
};

// One HTTP/2 connection by prior knowledge, on libnghttp2's client: it reads only when it is asked
// to, and keeps all that has come. It holds the gateway to the protocol: what is against that
// fails.
//
// Errors: Failure when a deadline passes.
class Http2Client {
 public:
  // One answer, as far as it has come.
  struct Answer {
    int status = 0;
    HttpFields fields;
    std::string body;
    bool ended = false;             // END_STREAM
    std::optional<uint32_t> reset;  // the error of RST_STREAM
    // The value of a field; empty if there is none.
    std::string Get(std::string_view name) const;
  };
  // The frames that have come, in order.
  struct Frame {
    uint8_t type = 0;
    int32_t stream = 0;
    size_t length = 0;
    uint8_t flags = 0;
  };
  struct Goaway {
    int32_t last_stream = 0;
    uint32_t error = 0;
  };

  explicit Http2Client(const std::string& address, const Http2Options& options = {});
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // Sends a request without a body; returns its stream.
  int32_t Get(std::string_view path, const HttpFields& fields = {}) {
    return Request("GET", path, fields);
  }
  int32_t Request(std::string_view method, std::string_view path, const HttpFields& fields = {},
                  std::optional<std::string> body = std::nullopt);

  // These read on until it is so; false if the connection ends before.
  bool ReadUntil(const std::function<bool()>& condition);
  bool ReadUntil(int32_t stream, std::string_view text);
  // END_STREAM or RST_STREAM.
  bool ReadToEnd(int32_t stream);
  bool ReadGoaways(size_t count);
  bool ReadToClose();
  // Reads what comes in that time.
  void ReadFor(base::Duration time);

  void Credit(int32_t stream, uint32_t bytes);  // 0: the connection
  void Reset(int32_t stream, uint32_t error);
  void SetStreamWindow(uint32_t bytes);
  void Ping();

  const Answer& answer(int32_t stream) { return answers_[stream]; }
  const std::vector<Frame>& frames() const { return frames_; }
  const std::vector<Goaway>& goaways() const { return goaways_; }
  // What the gateway has set; its number is of RFC 9113 section 6.5.2.
  uint32_t setting(uint16_t number) const;
  bool closed() const { return closed_; }
  TcpSocket& socket() { return socket_; }
  // Sends what has been asked for and not yet sent.
  void Flush();

 private:
  struct Callbacks;
  void Feed(const std::string& bytes);
  void NoteFrames(std::string_view bytes);

  TcpSocket socket_;
  nghttp2_session* session_ = nullptr;
  std::string authority_;
  std::map<int32_t, Answer> answers_;
  std::map<int32_t, std::string> bodies_;
  std::vector<Frame> frames_;
  // The beginning of a frame.
  std::string unseen_;
  std::vector<Goaway> goaways_;
  bool closed_ = false;
};

// Frames byte by byte, for what no library would send.
std::string Http2Frame(uint8_t type, uint8_t flags, int32_t stream, std::string_view payload);
// The preface, and SETTINGS without a setting.
std::string Http2Preface();
// The head of a request, packed without a table. GET if none is given.
std::string Http2Request(int32_t stream, std::string_view path, bool ends = true,
                         const HttpFields& more = {});

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_HTTP2_CLIENT_H_
