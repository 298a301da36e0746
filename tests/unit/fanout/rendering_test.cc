#include "internal/fanout/rendering.h"

#include <gtest/gtest.h>

#include <string>

#include "internal/sse/control.h"

namespace ssegw::fanout {
namespace {

constexpr Rendering kBare{.framing = Framing::kBare};
constexpr Rendering kChunked{.framing = Framing::kChunked};

std::string Text(Rendering rendering, std::string_view text) {
  std::string out = "before|";
  rendering.AppendText(text, out);
  return out;
}

TEST(RenderingTest, BareIsTheTextAsItIsAndEndsWithTheConnection) {
  EXPECT_EQ(Text(kBare, ":\n"), "before|:\n");
  EXPECT_EQ(kBare.Live(), sse::kLive);
  EXPECT_EQ(kBare.Heartbeat(HeartbeatForm::kComment), sse::kHeartbeatComment);
  EXPECT_EQ(kBare.Heartbeat(HeartbeatForm::kEvent), sse::kHeartbeatEvent);
  EXPECT_EQ(kBare.End(), "");
}

TEST(RenderingTest, ChunkedMakesEachTextAChunkAndHasALastChunk) {
  EXPECT_EQ(Text(kChunked, ":\n"), "before|2\r\n:\n\r\n");
  EXPECT_EQ(kChunked.Live(), sse::AsChunk(sse::kLive));
  EXPECT_EQ(kChunked.Heartbeat(HeartbeatForm::kComment), "2\r\n:\n\r\n");
  EXPECT_EQ(kChunked.Heartbeat(HeartbeatForm::kEvent), sse::AsChunk(sse::kHeartbeatEvent));
  EXPECT_EQ(kChunked.End(), "0\r\n\r\n");
}

// An empty chunk would end the body.
TEST(RenderingTest, NoTextIsNoChunk) {
  EXPECT_EQ(Text(kBare, ""), "before|");
  EXPECT_EQ(Text(kChunked, ""), "before|");
}

TEST(RenderingTest, EventIsOneOfTheFourViewsOfAFrame) {
  const base::RefPtr<sse::Frame> frame = sse::Frame::Create({.topic = "a", .json = "1"});
  frame->Seal("e", 1);
  EXPECT_EQ(kBare.Event(*frame), frame->bare());
  EXPECT_EQ(kChunked.Event(*frame), frame->chunked());
  const Rendering bare{.framing = Framing::kBare, .envelope = true};
  const Rendering chunked{.framing = Framing::kChunked, .envelope = true};
  EXPECT_EQ(bare.Event(*frame), frame->envelope_bare());
  EXPECT_EQ(chunked.Event(*frame), frame->envelope_chunked());
}

}  // namespace
}  // namespace ssegw::fanout
