#ifndef SSEGW_TESTS_TESTING_CHUNKED_DECODER_H_
#define SSEGW_TESTS_TESTING_CHUNKED_DECODER_H_

#include <string>
#include <string_view>

namespace ssegw::testing {

// Decodes a chunked body (RFC 9112 section 7.1), stricter than the standard asks of a recipient: no
// chunk extensions, no trailers, no leading zeros, nothing after the last chunk.
//
// Errors: Failure for every deviation.
class ChunkedDecoder {
 public:
  // Returns the bytes of the body that are complete with these.
  std::string Decode(std::string_view bytes);
  // The last chunk has come.
  bool ended() const { return ended_; }

 private:
  // Moves one chunk from buffer_ to decoded; false if it is not complete yet.
  bool TakeChunk(std::string& decoded);

  std::string buffer_;
  bool ended_ = false;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CHUNKED_DECODER_H_
