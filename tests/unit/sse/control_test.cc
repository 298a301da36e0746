#include "internal/sse/control.h"

#include <gtest/gtest.h>

namespace ssegw::sse {
namespace {

TEST(ControlTest, PreambleHasRetryACommentAndMaybeAnId) {
  EXPECT_EQ(Preamble(std::chrono::milliseconds(1500), ""), "retry: 1500\n: connected\n\n");
  EXPECT_EQ(Preamble(std::chrono::milliseconds(1), "e-7"), "retry: 1\nid: e-7\n: connected\n\n");
}

TEST(ControlTest, ResetTellsHowManyWereMissedOrThatNobodyKnows) {
  EXPECT_EQ(Reset(ResetReason::kExpired, 17),
            "event: gateway.reset\ndata: {\"reason\":\"expired\",\"missed\":17}\n\n");
  EXPECT_EQ(Reset(ResetReason::kOtherEpoch, std::nullopt),
            "event: gateway.reset\ndata: {\"reason\":\"other_epoch\",\"missed\":null}\n\n");
}

TEST(ControlTest, ByeHasARetryOfItsOwn) {
  EXPECT_EQ(Bye(ByeReason::kDrain, std::chrono::milliseconds(2500)),
            "event: gateway.bye\nretry: 2500\ndata: {\"reason\":\"drain\"}\n\n");
}

TEST(ControlTest, AsChunkHasTheLengthInHex) {
  EXPECT_EQ(AsChunk(std::string(26, 'x')), "1a\r\n" + std::string(26, 'x') + "\r\n");
}

}  // namespace
}  // namespace ssegw::sse
