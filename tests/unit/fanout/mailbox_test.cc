#include "internal/fanout/mailbox.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace ssegw::fanout {
namespace {

sse::FramePtr MakeFrame(uint64_t seq, size_t bytes = 1) {
  auto frame = sse::Frame::Create({.topic = "t", .json = std::string(bytes, '1')});
  frame->Seal("e", seq);
  return frame;
}

MustWake Push(Mailbox& mailbox, const sse::FramePtr& frame) { return mailbox.Push({&frame, 1}); }

TEST(MailboxTest, WakesShardOnlyAfterItFoundNothing) {
  Mailbox mailbox;
  EXPECT_EQ(Push(mailbox, MakeFrame(1)), MustWake::kYes);
  EXPECT_EQ(Push(mailbox, MakeFrame(2)), MustWake::kNo);
  std::vector<sse::FramePtr> frames;
  EXPECT_EQ(mailbox.Take(frames), Taken::kAll);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0]->seq(), 1U);
  EXPECT_EQ(frames[1]->seq(), 2U);
  // It has something to do, and takes again afterwards.
  EXPECT_EQ(Push(mailbox, MakeFrame(3)), MustWake::kNo);
  EXPECT_TRUE(mailbox.has_mail());
  frames.clear();
  EXPECT_EQ(mailbox.Take(frames), Taken::kAll);
  EXPECT_EQ(frames.size(), 1U);
  frames.clear();
  EXPECT_EQ(mailbox.Take(frames), Taken::kAll);
  EXPECT_TRUE(frames.empty());
  EXPECT_FALSE(mailbox.has_mail());
  EXPECT_EQ(Push(mailbox, MakeFrame(4)), MustWake::kYes);
  EXPECT_TRUE(mailbox.has_mail());
}

TEST(MailboxTest, SeveralFramesWakeItOnce) {
  Mailbox mailbox;
  const std::vector<sse::FramePtr> some = {MakeFrame(1), MakeFrame(2), MakeFrame(3)};
  EXPECT_EQ(mailbox.Push(some), MustWake::kYes);
  EXPECT_EQ(mailbox.Push(some), MustWake::kNo);
  std::vector<sse::FramePtr> frames;
  EXPECT_EQ(mailbox.Take(frames), Taken::kAll);
  EXPECT_EQ(frames.size(), 6U);
}

TEST(MailboxTest, SeveralFramesMayOverflowIt) {
  Mailbox mailbox;
  const std::vector<sse::FramePtr> many(Mailbox::kMaxFrames + 1, MakeFrame(1));
  EXPECT_EQ(mailbox.Push(many), MustWake::kYes);
  std::vector<sse::FramePtr> frames;
  EXPECT_EQ(mailbox.Take(frames), Taken::kOverflowed);
}

TEST(MailboxTest, ForgetsAllWhenItOverflowsAndSaysSoOnce) {
  Mailbox mailbox;
  for (size_t i = 1; i <= Mailbox::kMaxFrames; ++i) Push(mailbox, MakeFrame(i));
  EXPECT_EQ(Push(mailbox, MakeFrame(Mailbox::kMaxFrames + 1)), MustWake::kNo);
  EXPECT_EQ(Push(mailbox, MakeFrame(Mailbox::kMaxFrames + 2)), MustWake::kNo);
  std::vector<sse::FramePtr> frames;
  EXPECT_EQ(mailbox.Take(frames), Taken::kOverflowed);
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(Push(mailbox, MakeFrame(Mailbox::kMaxFrames + 3)), MustWake::kNo);
  EXPECT_EQ(mailbox.Take(frames), Taken::kAll);
  EXPECT_EQ(frames.size(), 1U);
}

TEST(MailboxTest, IsBoundedInBytesButTakesOneFrameOfAnySize) {
  Mailbox mailbox;
  EXPECT_EQ(Push(mailbox, MakeFrame(1, Mailbox::kMaxBytes + 1)), MustWake::kYes);
  EXPECT_EQ(Push(mailbox, MakeFrame(2)), MustWake::kNo);
  std::vector<sse::FramePtr> frames;
  EXPECT_EQ(mailbox.Take(frames), Taken::kOverflowed);
}

}  // namespace
}  // namespace ssegw::fanout
