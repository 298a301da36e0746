#include "internal/fanout/mailbox.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::fanout {
namespace {

sse::FramePtr MakeFrame(uint64_t seq, size_t bytes = 1) {
  auto frame = sse::Frame::Create({.topic = "t", .json = std::string(bytes, '1')});
  frame->Seal("e", seq);
  return frame;
}

TEST(MailboxTest, WakesShardOnlyAfterItFoundNothing) {
  Mailbox mailbox;
  EXPECT_TRUE(mailbox.Push(MakeFrame(1)));
  EXPECT_FALSE(mailbox.Push(MakeFrame(2)));
  std::vector<sse::FramePtr> frames;
  EXPECT_FALSE(mailbox.Take(frames));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0]->seq(), 1U);
  EXPECT_EQ(frames[1]->seq(), 2U);
  // It has something to do, and takes again afterwards.
  EXPECT_FALSE(mailbox.Push(MakeFrame(3)));
  EXPECT_TRUE(mailbox.has_mail());
  frames.clear();
  EXPECT_FALSE(mailbox.Take(frames));
  EXPECT_EQ(frames.size(), 1U);
  frames.clear();
  EXPECT_FALSE(mailbox.Take(frames));
  EXPECT_TRUE(frames.empty());
  EXPECT_FALSE(mailbox.has_mail());
  EXPECT_TRUE(mailbox.Push(MakeFrame(4)));
  EXPECT_TRUE(mailbox.has_mail());
}

TEST(MailboxTest, ForgetsAllWhenItOverflowsAndSaysSoOnce) {
  Mailbox mailbox;
  for (size_t i = 1; i <= Mailbox::kMaxFrames; ++i) mailbox.Push(MakeFrame(i));
  EXPECT_FALSE(mailbox.Push(MakeFrame(Mailbox::kMaxFrames + 1)));
  EXPECT_FALSE(mailbox.Push(MakeFrame(Mailbox::kMaxFrames + 2)));
  std::vector<sse::FramePtr> frames;
  EXPECT_TRUE(mailbox.Take(frames));
  EXPECT_TRUE(frames.empty());
  EXPECT_FALSE(mailbox.Push(MakeFrame(Mailbox::kMaxFrames + 3)));
  EXPECT_FALSE(mailbox.Take(frames));
  EXPECT_EQ(frames.size(), 1U);
}

TEST(MailboxTest, IsBoundedInBytesButTakesOneFrameOfAnySize) {
  Mailbox mailbox;
  EXPECT_TRUE(mailbox.Push(MakeFrame(1, Mailbox::kMaxBytes + 1)));
  EXPECT_FALSE(mailbox.Push(MakeFrame(2)));
  std::vector<sse::FramePtr> frames;
  EXPECT_TRUE(mailbox.Take(frames));
}

}  // namespace
}  // namespace ssegw::fanout
