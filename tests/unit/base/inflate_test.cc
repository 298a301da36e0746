#include "internal/base/inflate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace ssegw::base {
namespace {

using testing::HasSubstr;

constexpr size_t kMaxBytes = 100'000;

std::string Deflated(Codec codec, const std::string& text) {
  z_stream stream{};
  const int window_bits = codec == Codec::kGzip ? 15 + 16 : 15;
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string TextOf(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size() * 7919);
  text.resize(bytes);
  return text;
}

TEST(InflateTest, GivesBackWhatWasDeflated) {
  for (const Codec codec : {Codec::kGzip, Codec::kDeflate}) {
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{4097},
                               size_t{50'000}, kMaxBytes}) {
      SCOPED_TRACE(bytes);
      const std::string text = TextOf(bytes);
      std::string out = "what was there before";
      const absl::Status status = Inflate(codec, Deflated(codec, text), kMaxBytes, &out);
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(out, text);
    }
  }
}

TEST(InflateTest, StopsAtTheBound) {
  for (const Codec codec : {Codec::kGzip, Codec::kDeflate}) {
    for (const size_t bytes : {kMaxBytes + 1, size_t{100} << 20}) {
      const std::string text(bytes, 'x');
      std::string out;
      const absl::Status status = Inflate(codec, Deflated(codec, text), kMaxBytes, &out);
      EXPECT_EQ(std::string(status.message()), "message inflates to more than 100000 bytes");
      EXPECT_EQ(out, std::string(kMaxBytes, 'x')) << "what came before";
      EXPECT_LE(out.capacity(), 2 * kMaxBytes);
    }
  }
}

TEST(InflateTest, SaysWhatIsNotWhole) {
  const std::string text = TextOf(10'000);
  for (const Codec codec : {Codec::kGzip, Codec::kDeflate}) {
    const std::string whole = Deflated(codec, text);
    std::string damaged = whole;
    damaged[damaged.size() - 1] ^= 1;  // of the checksum, or of gzip's length
    const Codec other = codec == Codec::kGzip ? Codec::kDeflate : Codec::kGzip;
    for (const std::string& bytes :
         {std::string(), whole.substr(0, 1), whole.substr(0, whole.size() / 2),
          whole.substr(0, whole.size() - 1), damaged, std::string("plain"),
          Deflated(other, text)}) {
      std::string out;
      const absl::Status status = Inflate(codec, bytes, kMaxBytes, &out);
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << bytes.size();
      EXPECT_THAT(std::string(std::string(status.message())), HasSubstr("message is not whole"));
    }
  }
}

TEST(InflateTest, TakesSeveralMembersOfGzipAndNothingAfterDeflate) {
  std::string out;
  const std::string twice = Deflated(Codec::kGzip, "one ") + Deflated(Codec::kGzip, "two");
  EXPECT_TRUE(Inflate(Codec::kGzip, twice, kMaxBytes, &out).ok());
  EXPECT_EQ(out, "one two");
  const std::string more = Deflated(Codec::kDeflate, "one") + "more";
  EXPECT_FALSE(Inflate(Codec::kDeflate, more, kMaxBytes, &out).ok());
}

}  // namespace
}  // namespace ssegw::base
