#include "tests/testing/chunked_decoder.h"

#include <gtest/gtest.h>

#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

TEST(ChunkedDecoderTest, JoinsChunksHoweverTheBytesCome) {
  const std::string body = "3\r\nabc\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n";
  for (size_t cut = 0; cut <= body.size(); ++cut) {
    ChunkedDecoder decoder;
    std::string decoded = decoder.Decode(body.substr(0, cut));
    EXPECT_EQ(decoder.ended(), cut == body.size());
    decoded += decoder.Decode(body.substr(cut));
    EXPECT_EQ(decoded, "abcabcdefghijklmnopqrstuvwxyz") << cut;
    EXPECT_TRUE(decoder.ended());
  }
}

TEST(ChunkedDecoderTest, RefusesWhatIsNotToTheLetter) {
  struct Case {
    const char* name;
    std::string body;
  };
  const Case cases[] = {
      {"no size", "\r\nabc\r\n"},
      {"a size that is no number", "xyz\r\nabc\r\n"},
      {"a leading zero", "03\r\nabc\r\n"},
      {"an extension", "3;a=b\r\nabc\r\n"},
      {"a size that ends with LF alone", "3\nabc\r\n"},
      {"a size that is too small", "2\r\nabc\r\n"},
      {"a size that is too large", "4\r\nabc\r\n1\r\na\r\n"},
      {"a huge size", "fffffffff\r\n"},
      {"a trailer", "0\r\nA: b\r\n\r\n"},
      {"bytes after the end", "0\r\n\r\n3"},
  };
  for (const Case& c : cases) {
    ChunkedDecoder decoder;
    EXPECT_THROW(decoder.Decode(c.body), Failure) << c.name;
  }
}

}  // namespace
}  // namespace ssegw::testing
