// The parts of HTTP/2 that need no socket: where frames end, heads, credit and floods.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "internal/net/http2/http2_credit.h"
#include "internal/net/http2/http2_floods.h"
#include "internal/net/http2/http2_frames.h"
#include "internal/net/http2/http2_head.h"
#include "internal/net/http2/http2_left_behind.h"
#include "tests/testing/http2_client.h"

namespace ssegw::net {
namespace {

using ::testing::Contains;
using testing::Http2Frame;
using ::testing::Pair;

TEST(Http2FramesTest, CutsAtTheBordersOfFramesWhateverThePieces) {
  const std::string all = std::string(Http2Frames::kPreface) + Http2Frame(4, 0, 0, "settings") +
                          Http2Frame(1, 0, 1, "part of a head") + Http2Frame(9, 4, 1, "the rest") +
                          Http2Frame(0, 1, 0x7fffffff, "") + Http2Frame(6, 0, 0, "12345678");
  for (size_t cut = 1; cut <= all.size(); ++cut) {
    Http2Frames frames;
    std::string seen;
    std::vector<Http2FrameHead> heads;
    for (size_t at = 0; at < all.size(); at += cut) {
      std::string_view input = std::string_view(all).substr(at, cut);
      while (!input.empty()) {
        const Http2Frames::Piece piece = frames.Next(input);
        ASSERT_FALSE(piece.bytes.empty());
        seen += piece.bytes;
        if (piece.begins) heads.push_back(*piece.begins);
        // Until the continuation is whole.
        if (heads.size() != 3) {
          EXPECT_EQ(frames.in_head(), heads.size() == 2);
        }
      }
    }
    EXPECT_EQ(seen, all);
    ASSERT_EQ(heads.size(), 5U) << "in pieces of " << cut;
    EXPECT_TRUE(heads[0].Is(Http2FrameType::kSettings));
    EXPECT_EQ(heads[0].length, 8U);
    EXPECT_EQ(heads[2].flags, kHttp2EndHeaders);
    EXPECT_EQ(heads[3].stream, 0x7fffffff);
  }
}

TEST(Http2FramesTest, WritesAHeadAsItReadsIt) {
  std::string out;
  Http2FrameHead{.length = 0x010203, .type = 9, .flags = 5, .stream = 0x11223344}.AppendTo(out);
  EXPECT_EQ(out, std::string("\x01\x02\x03\x09\x05\x11\x22\x33\x44"));
}

Http2Head HeadOf(const HttpFields& fields) {
  Http2Head head;
  head.Add(":method", "GET");
  head.Add(":scheme", "https");
  head.Add(":path", "/sse?topic=a");
  for (const auto& [name, value] : fields) head.Add(name, value);
  return head;
}

TEST(Http2HeadTest, IsARequestAsAnyOther) {
  const Http2Head head = HeadOf({{":authority", "example.com:8443"},
                                 {"cookie", "a=1"},
                                 {"accept", "text/event-stream"},
                                 {"cookie", "b=2"},
                                 {"x", " padded "}});
  EXPECT_EQ(head.Fault(), std::nullopt);
  const HttpRequest request = head.request();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/sse?topic=a");
  EXPECT_EQ(request.host, "example.com:8443");
  EXPECT_EQ(request.Find("Accept"), "text/event-stream");
  EXPECT_EQ(request.Find("x"), "padded");
  // RFC 9113 section 8.2.3: one Cookie field for what comes in crumbs.
  EXPECT_EQ(request.FindList("Cookie"), "a=1; b=2");
}

TEST(Http2HeadTest, HasOneHost) {
  EXPECT_EQ(HeadOf({{"host", "example.com"}}).request().host, "example.com");
  EXPECT_EQ(HeadOf({{"host", "example.com"}, {":authority", "EXAMPLE.com"}}).Fault(), std::nullopt);
  EXPECT_NE(HeadOf({{"host", "example.com"}, {":authority", "example.org"}}).Fault(), std::nullopt);
  EXPECT_NE(HeadOf({{":authority", "a b"}}).Fault(), std::nullopt);
  EXPECT_NE(HeadOf({}).Fault(), std::nullopt);
}

TEST(Http2HeadTest, KeepsNothingOfAHeadThatIsTooLarge) {
  // 32 KiB as SETTINGS_MAX_HEADER_LIST_SIZE counts them (RFC 9113 section 6.5.2).
  const auto with = [](size_t bytes) {
    Http2Head head;
    head.Add("a", std::string(bytes - 1 - 32, 'x'));
    return head;
  };
  EXPECT_FALSE(with(size_t{32} * 1024).too_large());
  Http2Head head = with(size_t{32} * 1024 + 1);
  EXPECT_TRUE(head.too_large());
  for (int i = 0; i < 1000; ++i) head.Add("a", std::string(1000, 'x'));
  EXPECT_EQ(head.bytes(), 32 * 1024 + 1 + 1000 * 1033U);
  EXPECT_LT(head.memory_bytes(), 100U);
}

TEST(Http2HeadTest, TellsTheLengthOfABody) {
  EXPECT_EQ(HeadOf({{"content-length", "12"}}).content_length(), 12U);
  EXPECT_EQ(HeadOf({}).content_length(), std::nullopt);
  EXPECT_TRUE(HeadOf({{"expect", "100-Continue"}}).expects_continue());
  EXPECT_FALSE(HeadOf({}).expects_continue());
}

TEST(Http2ResponseTest, HasNothingOfHttp1) {
  const Http2Response response = ToHttp2(200,
                                         {{"Content-Type", "text/plain"},
                                          {"Connection", "close"},
                                          {"Transfer-Encoding", "chunked"},
                                          {"Keep-Alive", "timeout=5"}},
                                         7);
  EXPECT_EQ(response.status, "200");
  EXPECT_EQ(response.fields.size(), 3U);
  EXPECT_EQ(response.fields[0].first, "date");
  EXPECT_THAT(response.fields, Contains(Pair("content-type", "text/plain")));
  EXPECT_THAT(response.fields, Contains(Pair("content-length", "7")));
}

// research/compression-h2-tls.md section 3: Chromium's window is 6 MiB, and it stops for good when
// at most 3.0 MiB of it are used; it goes on with 3.3.
TEST(Http2CreditTest, IsHalfTheWindowAndAQuarterOfAMegabyte) {
  constexpr uint32_t kWindow = 6 << 20;
  Http2Credit credit;
  EXPECT_EQ(credit.Room(kWindow), (3U << 20) + (256U << 10));
  credit.OnSent(3 << 20);
  EXPECT_EQ(credit.Room(kWindow), 256U << 10);
  credit.OnSent(256 << 10);
  EXPECT_EQ(credit.Room(kWindow), 0U);
  credit.OnCredit(1000);
  EXPECT_EQ(credit.Room(kWindow), 1000U);
}

// Firefox: SETTINGS say 131,072, and each stream is widened by 12,451,840 at once.
TEST(Http2CreditTest, CountsWhatAClientWidensAsItsWindow) {
  Http2Credit credit;
  credit.OnCredit(12'451'840);
  EXPECT_EQ(credit.Room(131'072), (12U << 20) / 2 + (256U << 10));
  // Nor does a client that credits without end get further than a window can.
  for (int i = 0; i < 10'000; ++i) credit.OnCredit(0x7fffffff);
  EXPECT_EQ(credit.Room(0), 0x7fffffff / 2 + (256U << 10));
}

TEST(Http2FloodsTest, IsMoreThanAThousandOfAKindInASecond) {
  const base::TimePoint now = base::Now();
  const Http2FrameHead kinds[] = {{.length = 4, .type = 3, .stream = 1},
                                  {.type = 4},
                                  {.length = 8, .type = 6},
                                  {.length = 9, .type = 9, .stream = 1},
                                  {.type = 0, .stream = 1},
                                  {.length = 5, .type = 2, .stream = 1}};
  const Http2Flood names[] = {Http2Flood::kReset,     Http2Flood::kSettings,
                              Http2Flood::kPing,      Http2Flood::kContinuation,
                              Http2Flood::kEmptyData, Http2Flood::kPriority};
  for (size_t i = 0; i < std::size(kinds); ++i) {
    Http2Floods floods;
    for (int n = 0; n < 1000; ++n) ASSERT_EQ(floods.OnFrame(kinds[i], now), std::nullopt);
    EXPECT_EQ(floods.OnFrame(kinds[i], now), names[i]);
    EXPECT_EQ(floods.OnFrame(kinds[i], now + std::chrono::seconds(1)), std::nullopt);
    // The others have a count of their own.
    for (const Http2FrameHead& other : kinds) floods.OnFrame(other, now + std::chrono::seconds(1));
  }
}

TEST(Http2FloodsTest, IsNothingThatATransferNeeds) {
  Http2Floods floods;
  const base::TimePoint now = base::Now();
  for (int n = 0; n < 5000; ++n) {
    EXPECT_EQ(floods.OnFrame({.length = 1, .type = 0, .stream = 1}, now), std::nullopt);
    EXPECT_EQ(floods.OnFrame({.type = 0, .flags = 1, .stream = 1}, now), std::nullopt);
    EXPECT_EQ(floods.OnFrame({.length = 1, .type = 1, .stream = 1}, now), std::nullopt);
    EXPECT_EQ(floods.OnFrame({.length = 4, .type = 8}, now), std::nullopt);
    // An answer of a client that credits each frame for itself, and the connection too.
    floods.OnDataSent();
    EXPECT_EQ(floods.On(Http2Flood::kWindowUpdate, now), std::nullopt);
    EXPECT_EQ(floods.On(Http2Flood::kWindowUpdate, now), std::nullopt);
  }
  for (int n = 0; n < 1000; ++n) {
    EXPECT_EQ(floods.On(Http2Flood::kWindowUpdate, now), std::nullopt);
  }
  EXPECT_EQ(floods.On(Http2Flood::kWindowUpdate, now), Http2Flood::kWindowUpdate);
}

TEST(Http2LeftBehindTest, CountsWorkWhoseStreamIsOver) {
  auto left = std::make_unique<Http2LeftBehind>();
  std::weak_ptr<Http2LeftBehind::Work> tracked;
  std::function<bool()> work = Http2LeftBehind::Wrap([] { return true; }, tracked);
  EXPECT_EQ(left->count(), 0U) << "its stream counts itself";
  left->Add(tracked);
  left->Add(tracked);
  EXPECT_EQ(left->count(), 1U);
  work = nullptr;
  EXPECT_EQ(left->count(), 0U);
  left->Add(tracked);
  EXPECT_EQ(left->count(), 0U) << "it was done before its stream";
  // Work outlives the session.
  work = Http2LeftBehind::Wrap([] { return true; }, tracked);
  left->Add(tracked);
  left.reset();
  work = nullptr;
}

}  // namespace
}  // namespace ssegw::net
