#ifndef SSEGW_TESTS_TESTING_CROWD_STREAM_SCANNER_H_
#define SSEGW_TESTS_TESTING_CROWD_STREAM_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::testing {

// The lines of an event stream up to a blank one.
struct ScannedBlock {
  std::string id;     // empty: none
  std::string event;  // empty: none
  std::optional<uint32_t> retry_ms;
  bool has_data = false;
  std::string data;  // its beginning, see StreamScanner
};

// Whose streams: the gateway's, which are held to what it promises beyond the standards (each chunk
// ends with a line, fields are "name: value", lines of the stream end with LF, every block has data
// and nothing after its id, comments stand between events), or any server's.
enum class StreamDialect { kGateway, kAny };

// Reads the answer to a request for an event stream as it comes, in constant memory: what has been
// read is forgotten, and of a line only the beginning is kept. SseReader is the one that holds the
// gateway to the letter; this one is for thousands of connections.
//
// Errors: error() is set, and nothing more is read.
class StreamScanner {
 public:
  // Of a line, and so of an event's data, this much is kept.
  static constexpr size_t kKept = 256;

  explicit StreamScanner(StreamDialect dialect = StreamDialect::kGateway) : dialect_(dialect) {}

  // Takes bytes up to the end of the next block off the front; nullptr: all of them are taken, and
  // no block ended. The block is valid until the next call.
  const ScannedBlock* Next(std::string_view& bytes);

  // Of the response; 0: its first line has not come whole.
  int status() const { return status_; }
  // The head of the response has come whole.
  bool is_open() const { return state_ > State::kHead; }
  // The last chunk has come.
  bool ended() const { return state_ == State::kEnded; }
  // Why this is no event stream; empty: it is one so far.
  const std::string& error() const { return error_; }

 private:
  enum class State { kHead, kChunkSize, kChunkData, kChunkEnd, kLastChunkEnd, kEnded };

  struct Line {
    std::string beginning = {};
    bool is_over = true;
  };

  // Takes a line off the front of bytes, its end too, and keeps its beginning; false: all of bytes
  // is taken, and it goes on.
  static bool TakeLine(std::string_view& bytes, Line& line);
  // Takes a line of the chunk at hand; true: it was the last of a block.
  bool TakeStreamLine(std::string_view& bytes);
  void OnHeadLine();
  void OnChunkSize();
  void OnField();
  void Fail(std::string_view what);

  StreamDialect dialect_;
  State state_ = State::kHead;
  int status_ = 0;
  bool chunked_ = false;
  size_t chunk_left_ = 0;
  Line http_line_;
  Line stream_line_;
  ScannedBlock block_;
  bool block_is_over_ = true;
  std::string error_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_STREAM_SCANNER_H_
