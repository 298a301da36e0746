#include "internal/sse/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace ssegw::sse {
namespace {

FramePtr Sealed(const FrameContent& content, uint64_t seq = 42) {
  base::RefPtr<Frame> frame = Frame::Create(content);
  frame->Seal("epoch", seq);
  return frame;
}

TEST(FrameTest, IsTypeThenDataThenIdAndEndsWithABlankLine) {
  const FramePtr frame =
      Sealed({.topic = "t.u", .key = "k", .type = "alert", .json = "{\"a\":1}"}, 1042);
  EXPECT_EQ(frame->bare(), "event: alert\ndata: {\"a\":1}\nid: epoch-1042\n\n");
  EXPECT_EQ(frame->id(), "epoch-1042");
  EXPECT_EQ(frame->seq(), 1042U);
  EXPECT_EQ(frame->topic(), "t.u");
  EXPECT_EQ(frame->key(), "k");
  EXPECT_EQ(frame->type(), "alert");
  EXPECT_EQ(frame->json(), "{\"a\":1}");
}

TEST(FrameTest, WithoutTypeHasNoEventLine) {
  EXPECT_EQ(Sealed({.topic = "t", .json = "1"})->bare(), "data: 1\nid: epoch-42\n\n");
}

TEST(FrameTest, ChunkedIsTheBareViewAsOneHttpChunk) {
  for (const size_t size : {1U, 14U, 15U, 240U, 5000U, 70000U}) {
    const FramePtr frame = Sealed({.topic = "t", .json = std::string(size, '7')});
    const std::string chunked(frame->chunked());
    const size_t line = chunked.find("\r\n");
    EXPECT_EQ(std::stoul(chunked.substr(0, line), nullptr, 16), frame->bare().size());
    EXPECT_EQ(chunked.substr(line + 2), std::string(frame->bare()) + "\r\n");
  }
}

TEST(FrameTest, TakesTheLongestEpochAndSeq) {
  base::RefPtr<Frame> frame = Frame::Create({.topic = "t", .key = "k", .json = "1"});
  frame->Seal("0123456789abcdef", 18446744073709551615U);
  EXPECT_EQ(frame->bare(), "data: 1\nid: 0123456789abcdef-18446744073709551615\n\n");
  EXPECT_EQ(frame->key(), "k");
}

TEST(FrameTest, DeletionIsAControlEventWithAnId) {
  const FramePtr frame = Sealed({.topic = "t", .key = "a\"b", .deleted = true});
  EXPECT_TRUE(frame->deleted());
  EXPECT_EQ(frame->bare(),
            "event: gateway.deleted\ndata: "
            "{\"topic\":\"t\",\"key\":\"a\\\"b\"}\nid: epoch-42\n\n");
}

TEST(FrameTest, EnvelopeNamesTopicKeyAndTimeAndKeepsIdAndType) {
  const FramePtr frame = Sealed({.topic = "t.u",
                                 .key = "\"k\"",
                                 .type = "alert",
                                 .json = "{\"a\":1}",
                                 .received_wall = base::WallTime(std::chrono::milliseconds(7))});
  EXPECT_EQ(frame->envelope_bare(),
            "event: alert\ndata: "
            "{\"topic\":\"t.u\",\"key\":\"\\\"k\\\"\",\"time\":\"1970-01-01T00:00:00.007Z\","
            "\"data\":{\"a\":1}}\nid: epoch-42\n\n");
  EXPECT_EQ(frame->envelope_chunked().data(), frame->envelope_chunked().data());
}

TEST(FrameTest, EnvelopeLeavesControlEventsAsTheyAre) {
  const FramePtr frame = Sealed({.topic = "t", .key = "k", .deleted = true});
  EXPECT_EQ(frame->envelope_bare(), frame->bare());
}

TEST(FrameTest, EnvelopeIsMadeOnceForAllThreads) {
  for (int round = 0; round < 50; ++round) {
    const FramePtr frame = Sealed({.topic = "t", .key = "k", .json = "1"});
    std::vector<const char*> seen(4);
    std::vector<std::thread> threads;
    for (const char*& view : seen) {
      threads.emplace_back([&] { view = frame->envelope_chunked().data(); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const char* view : seen) EXPECT_EQ(view, seen[0]);
  }
}

}  // namespace
}  // namespace ssegw::sse
