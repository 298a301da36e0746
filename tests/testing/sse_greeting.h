#ifndef SSEGW_TESTS_TESTING_SSE_GREETING_H_
#define SSEGW_TESTS_TESTING_SSE_GREETING_H_

#include <optional>
#include <string>

#include "tests/testing/sse_parser.h"

namespace ssegw::testing {

// What gateway.hello says.
struct SseHello {
  std::string connection;
  std::optional<bool> resumed;  // nullopt if no id was presented
  int retry_ms = 0;
  std::optional<std::string> id;
};

// Holds the frame of a stream to the letter: a comment, gateway.cut, then gateway.hello or, if
// the request is turned away, gateway.bye; gateway.reset right after a hello that says that the id
// was not honoured, with at most gateway.stale before it; gateway.live once at most; nothing after
// gateway.bye.
//
// Errors: Failure for every deviation.
class SseGreeting {
 public:
  // Each block of the stream, from the first on.
  void Take(const SseBlock& block);

  // gateway.hello, or gateway.bye in its place, has come.
  bool is_over() const { return stage_ > Stage::kHello; }
  // nullopt if it has not come, or if the request was turned away.
  const std::optional<SseHello>& hello() const { return hello_; }
  // The id of gateway.cut: the one that was presented.
  const std::optional<std::string>& presented() const { return presented_; }
  // gateway.live has come.
  bool is_live() const { return is_live_; }

  // Whether the block is of the frame, not of what is told: a comment, gateway.cut, gateway.hello,
  // gateway.live or gateway.heartbeat.
  static bool IsOfFrame(const SseBlock& block);

 private:
  enum class Stage { kComment, kCut, kHello, kReset, kEvents, kBye };

  void TakeHello(const SseBlock& block);

  Stage stage_ = Stage::kComment;
  std::optional<std::string> presented_;
  std::optional<SseHello> hello_;
  bool is_live_ = false;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_SSE_GREETING_H_
