#include "internal/base/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace ssegw::base {
namespace {

using testing::HasSubstr;

// format: as of deflateInit2: 31 gzip, 15 zlib, -15 bare deflate.
std::string Deflate(const std::string& text, int format) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string FaultOf(const std::string& bytes, size_t max_bytes = 1000) {
  const absl::StatusOr<std::string> out = Gunzip(bytes, max_bytes);
  return out.ok() ? "none" : std::string(out.status().message());
}

TEST(GzipTest, InflatesBothFormats) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    for (const int format : {31, 15}) {
      const absl::StatusOr<std::string> out = Gunzip(Deflate(text, format), 100'000);
      ASSERT_TRUE(out.ok()) << out.status();
      EXPECT_EQ(*out, text);
    }
  }
  EXPECT_TRUE(IsGzip(Deflate("a", 31)));
  EXPECT_FALSE(IsGzip("syntax"));
}

TEST(GzipTest, StopsAtTheLimit) {
  const std::string bomb = Deflate(std::string(50'000'000, 'x'), 31);
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_THAT(FaultOf(bomb), HasSubstr("inflated it exceeds 1000 bytes"));
  EXPECT_EQ(FaultOf(Deflate(std::string(1000, 'x'), 31)), "none");
  EXPECT_THAT(FaultOf(Deflate(std::string(1001, 'x'), 31)), HasSubstr("exceeds 1000"));
}

TEST(GzipTest, RefusesWhatIsDamaged) {
  const std::string whole = Deflate("some text that is long enough to cut", 31);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(FaultOf(whole.substr(0, size)), HasSubstr("cut short")) << size;
  }
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 6] = static_cast<char>(~wrong_sum[whole.size() - 6]);
  EXPECT_THAT(FaultOf(wrong_sum), HasSubstr("damaged"));
  EXPECT_THAT(FaultOf(whole + "x"), HasSubstr("bytes after"));
  EXPECT_THAT(FaultOf("no such thing"), HasSubstr("damaged"));
  EXPECT_THAT(FaultOf(Deflate("a", -15)), HasSubstr("compressed data"));
}

}  // namespace
}  // namespace ssegw::base
