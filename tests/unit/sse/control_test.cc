#include "internal/sse/control.h"

#include <gtest/gtest.h>

namespace ssegw::sse {
namespace {

TEST(ControlTest, CutIsACommentAndAnEventWithTheIdThatWasPresented) {
  EXPECT_EQ(Cut(""), ":\nevent: gateway.cut\ndata: {}\n\n");
  EXPECT_EQ(Cut("e-7"), ":\nevent: gateway.cut\ndata: {}\nid: e-7\n\n");
}

TEST(ControlTest, CutLeavesOutWhatHasNotTheFormOfAnId) {
  for (const std::string_view id : {"7", "e-", "-7", "e-07", "e-7 ", "e-7\ndata: x", "e-7\r"}) {
    EXPECT_EQ(Cut(id), Cut("")) << id;
  }
}

TEST(ControlTest, CutUndoesTheIdOfAHalfEventWhereNoneWasPresented) {
  EXPECT_EQ(Cut("", true), ":\nevent: gateway.cut\ndata: {}\nid:\n\n");
  EXPECT_EQ(Cut("no id", true), Cut("", true));
  EXPECT_EQ(Cut("e-7", true), Cut("e-7"));
}

TEST(ControlTest, HelloNamesTheConnectionAndHasAnIdOnlyWhereThereIsAPlaceToResumeFrom) {
  const std::chrono::milliseconds retry(1500);
  EXPECT_EQ(Hello({.connection = "c1", .resumed = std::nullopt, .retry = retry, .id = ""}),
            "event: gateway.hello\nretry: 1500\n"
            "data: {\"connection\":\"c1\",\"resumed\":null}\n\n");
  EXPECT_EQ(Hello({.connection = "c1", .resumed = true, .retry = retry, .id = "e-7"}),
            "event: gateway.hello\nretry: 1500\n"
            "data: {\"connection\":\"c1\",\"resumed\":true}\nid: e-7\n\n");
  EXPECT_EQ(Hello({.connection = "c1", .resumed = false, .retry = retry, .id = ""}),
            "event: gateway.hello\nretry: 1500\n"
            "data: {\"connection\":\"c1\",\"resumed\":false}\n\n");
}

TEST(ControlTest, HasNoBlankLineButTheOneThatEndsAnEventWithData) {
  const std::chrono::milliseconds retry(1);
  for (const std::string& text :
       {Cut(""), Hello({.connection = "c", .resumed = {}, .retry = retry, .id = "e-1"}),
        std::string(kLive), std::string(kHeartbeatComment), std::string(kHeartbeatEvent),
        Reset(ResetReason::kExpired, 1), Stale({}), std::string(kFresh),
        Bye(ByeReason::kBusy, retry)}) {
    const size_t blank = text.find("\n\n");
    if (blank == std::string::npos) {
      EXPECT_EQ(text, ":\n");
      continue;
    }
    EXPECT_EQ(blank, text.size() - 2) << text;
    EXPECT_NE(text.find("\ndata: "), std::string::npos) << text;
  }
}

TEST(ControlTest, ResetTellsHowManyWereMissedOrThatNobodyKnows) {
  EXPECT_EQ(Reset(ResetReason::kExpired, 17),
            "event: gateway.reset\ndata: {\"reason\":\"expired\",\"missed\":17}\n\n");
  EXPECT_EQ(Reset(ResetReason::kOtherEpoch, std::nullopt),
            "event: gateway.reset\ndata: {\"reason\":\"other_epoch\",\"missed\":null}\n\n");
}

TEST(ControlTest, StaleTellsSinceWhen) {
  EXPECT_EQ(Stale(base::WallTime(std::chrono::milliseconds(1'500))),
            "event: gateway.stale\ndata: {\"since\":\"1970-01-01T00:00:01.500Z\"}\n\n");
}

TEST(ControlTest, ByeHasARetryOfItsOwn) {
  EXPECT_EQ(Bye(ByeReason::kDrain, std::chrono::milliseconds(2500)),
            "event: gateway.bye\nretry: 2500\ndata: {\"reason\":\"drain\"}\n\n");
}

TEST(ControlTest, AsChunkHasTheLengthInHex) {
  EXPECT_EQ(AsChunk(std::string(26, 'x')), "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST(ControlTest, AnEventHasADataLineForEachLineOfItsText) {
  EXPECT_EQ(Event("", "{}"), "data: {}\n\n");
  EXPECT_EQ(Event("note", "1"), "event: note\ndata: 1\n\n");
  EXPECT_EQ(Event("", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(Event("", "\n\r"), "data: \ndata: \ndata: \n\n");
  EXPECT_EQ(Event("", ""), "data: \n\n");
}

}  // namespace
}  // namespace ssegw::sse
