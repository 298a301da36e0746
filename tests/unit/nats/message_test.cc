#include "internal/nats/message.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ssegw::nats {
namespace {

TEST(MessageTest, HasWhatItWasMadeOf) {
  const Message message = Message::Make("a.b", "c.d", std::string_view("x\0y", 3));
  EXPECT_EQ(message.subject(), "a.b");
  EXPECT_EQ(message.reply(), "c.d");
  EXPECT_EQ(message.data(), std::string_view("x\0y", 3));
  EXPECT_EQ(message.status(), 0);
  EXPECT_EQ(message.header("Nats-Msg-Id"), std::nullopt);
}

TEST(MessageTest, WithoutReplyAndDataItHasEmptyOnes) {
  const Message message = Message::Make("a", "", "");
  EXPECT_EQ(message.reply(), "");
  EXPECT_EQ(message.data(), "");
  EXPECT_EQ(message.status(), 0);
  EXPECT_EQ(message.status_text(), "");
}

TEST(MessageTest, HasTheStatusOfItsHeader) {
  const Message refused = Message::MakeStatus("a", 409, "Consumer Deleted");
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(refused.status_text(), "Consumer Deleted");
  const Message silent = Message::MakeStatus("a", 503, "");
  EXPECT_EQ(silent.status(), 503);
  EXPECT_EQ(silent.status_text(), "");
}

TEST(MessageTest, ViewsOutliveAMove) {
  Message first = Message::Make("a.b", "", "data");
  const std::string_view data = first.data();
  const Message second = std::move(first);
  EXPECT_EQ(data, "data");
  EXPECT_EQ(data.data(), second.data().data());
}

}  // namespace
}  // namespace ssegw::nats
