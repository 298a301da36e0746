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
  std::string id;     // empty if there is none
  std::string event;  // empty if there is none
  std::optional<uint32_t> retry_ms;
  bool has_data = false;
  std::string data;  // its beginning, see StreamScanner
};

// Whose streams: the gateway's, which are held to what it promises beyond the standards (each chunk
// ends with a line, fields are "name: value", lines of the stream end with LF, every block has data
// and nothing after its id, comments stand between events), or any server's.
enum class StreamDialect { kGateway, kAny };

// Reads an event stream as it comes, in constant memory: it forgets what has been read, and keeps
// only the beginning of a line. SseReader holds the gateway to the letter; this one is for
// thousands of connections.
//
// Errors: error() is set, and nothing more is read.
class StreamScanner {
 public:
  // This much is kept of a line, and so of an event's data.
  static constexpr size_t kKept = 256;

  explicit StreamScanner(StreamDialect dialect = StreamDialect::kGateway) : dialect_(dialect) {}

  // For HTTP/2, where head and end of the answer are no bytes of the stream: the head has come, and
  // then the end has.
  void Open(int status);
  void End();

  // Takes the bytes up to the end of the next block from the front of bytes. nullptr if all are
  // taken and no block ended. The block is valid until the next call.
  const ScannedBlock* Next(std::string_view& bytes);

  // The status of the response; 0 until its first line is complete.
  int status() const { return status_; }
  // The head of the response is complete.
  bool is_open() const { return state_ > State::kHead; }
  // The last chunk, or the end, has come.
  bool ended() const { return state_ == State::kEnded; }
  // Why this is no event stream; empty if it is one so far.
  const std::string& error() const { return error_; }

 private:
  enum class State { kHead, kChunkSize, kChunkData, kChunkEnd, kLastChunkEnd, kEnded };

  struct Line {
    std::string beginning = {};
    bool is_over = true;
  };

  // Takes a line and its end from the front of bytes, and keeps its beginning; false if all bytes
  // are taken and the line goes on.
  static bool TakeLine(std::string_view& bytes, Line& line);
  // Takes a line of the current chunk; true if it was the last of a block.
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
