#ifndef SSEGW_TESTS_TESTING_SSE_READER_H_
#define SSEGW_TESTS_TESTING_SSE_READER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/chunked_decoder.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/sse_greeting.h"
#include "tests/testing/sse_parser.h"

namespace ssegw::testing {

struct SseOptions {
  std::string query = {};  // "topic=a&mode=all"
  HttpFields fields = {};
  std::string path = "/v1/events";
  bool http_1_0 = false;
  TcpOptions tcp = {};
};

// One connection, which reads only when it is asked to. It holds the gateway to
// the letter: the chunks, the text, the greeting (sse_greeting.h), and that from one event to the
// next of a connection the seq increases (after gateway.reset it starts again).
//
// Errors: Failure for every deviation, and when a deadline passes.
class SseReader {
 public:
  // Reads the head of the response. Failure unless its status is 200.
  explicit SseReader(const std::string& address, const SseOptions& options = {});

  const HttpResponse& head() const { return head_; }

  // The next block, whatever it is; nullopt if the stream has ended.
  std::optional<SseBlock> Next(base::Duration patience = kPatience);
  // The next event that is not of the stream's frame (SseGreeting::IsOfFrame). Failure at the end
  // of the stream.
  SseBlock Event();
  std::vector<SseBlock> Events(size_t count);
  // Up to and including the event with this id.
  std::vector<SseBlock> EventsThrough(std::string_view id);
  // Every event until the stream ends.
  std::vector<SseBlock> EventsToEnd();

  // These read on until they know; the functions above still return what they read.
  //
  // False if gateway.bye came instead of gateway.hello.
  bool IsAdmitted();
  // Failure if it is not admitted.
  const SseHello& Hello();
  // Waits for gateway.live. Failure if the stream ends before.
  void AwaitLive();

  // Comments after the first, and gateway.heartbeat.
  size_t heartbeats() const { return heartbeats_; }
  // The stream has ended as it should: after whole blocks, with the last chunk.
  bool ended_well() const { return ended_well_; }
  TcpSocket& socket() { return connection_.socket(); }

 private:
  // Reads once. False if the stream has ended.
  bool Fill(base::TimePoint deadline);
  void CheckOrder(const SseBlock& block);

  HttpConnection connection_;
  HttpResponse head_;
  bool chunked_ = false;
  ChunkedDecoder decoder_;
  SseParser parser_;
  SseGreeting greeting_;
  std::deque<SseBlock> blocks_;
  size_t given_out_ = 0;  // blocks
  size_t heartbeats_ = 0;
  uint64_t last_seq_ = 0;
  bool ended_ = false;
  bool ended_well_ = false;
};

// Ids of events.
std::vector<std::string> IdsOf(const std::vector<SseBlock>& events);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_SSE_READER_H_
