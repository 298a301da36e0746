#ifndef SSEGW_TESTS_UNIT_NET_HTTP2_FIXTURE_H_
#define SSEGW_TESTS_UNIT_NET_HTTP2_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "internal/net/http2/http2_session.h"
#include "tests/testing/http2_client.h"
#include "tests/unit/net/shard_fixture.h"

namespace ssegw::net {

// RFC 9113 sections 6 and 7, as numbers of their own: what a client sees.
inline constexpr uint8_t kDataFrame = 0;
inline constexpr uint8_t kHeadersFrame = 1;
inline constexpr uint8_t kPriorityFrame = 2;
inline constexpr uint8_t kResetFrame = 3;
inline constexpr uint8_t kSettingsFrame = 4;
inline constexpr uint8_t kPingFrame = 6;
inline constexpr uint8_t kGoawayFrame = 7;
inline constexpr uint8_t kWindowUpdateFrame = 8;
inline constexpr uint8_t kContinuationFrame = 9;
inline constexpr uint32_t kNoErrorCode = 0;
inline constexpr uint32_t kProtocolErrorCode = 1;
inline constexpr uint32_t kRefusedStreamCode = 7;
inline constexpr uint32_t kCancelCode = 8;
inline constexpr uint32_t kEnhanceYourCalmCode = 11;

class Http2Test : public ShardThreadTest {
 protected:
  // An event stream that has said gateway.live.
  int32_t Subscribe(testing::Http2Client& client, std::string_view target = "/sse") {
    const int32_t stream = client.Get(target);
    EXPECT_TRUE(client.ReadUntil(stream, kLive));
    return stream;
  }
  // Frames of data for that stream.
  static size_t DataFrames(const testing::Http2Client& client, int32_t stream) {
    size_t count = 0;
    for (const auto& frame : client.frames()) {
      if (frame.type == kDataFrame && frame.stream == stream) ++count;
    }
    return count;
  }
  uint64_t Floods(Http2Flood kind) const {
    uint64_t count = 0;
    for (const auto& shard : shards_) count += shard->stats().http2_floods[kind].value();
    return count;
  }
  size_t Sockets() const {
    size_t count = 0;
    for (const auto& shard : shards_) count += shard->sockets();
    return count;
  }
  size_t Connections() const {
    size_t count = 0;
    for (const auto& shard : shards_) count += shard->connections();
    return count;
  }
};

}  // namespace ssegw::net

#endif  // SSEGW_TESTS_UNIT_NET_HTTP2_FIXTURE_H_
