#include "internal/store/jetstream/message_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ssegw::store::jetstream {
namespace {

TEST(MessageIdTest, APublishersIsReadable) {
  EXPECT_EQ(PublisherMessageId("order-17/\xC3\xA9"), "p:order-17/\xC3\xA9");
}

TEST(MessageIdTest, WhatAHeaderCannotCarryIsEscaped) {
  EXPECT_EQ(PublisherMessageId(std::string_view(" a=\r\n\0\x7f", 7)), "p:=20a=3D=0D=0A=00=7F");
}

TEST(MessageIdTest, ALongOneIsHashed) {
  EXPECT_EQ(PublisherMessageId(std::string(200, 'x')), "p:" + std::string(200, 'x'));
  // printf 'x%.0s' {1..201} | sha256sum
  EXPECT_EQ(PublisherMessageId(std::string(201, 'x')),
            "h:84a0678c90937f5dcf9994d5866668da6b995109c8ad845410559b48a4ecafed");
}

TEST(MessageIdTest, NoTwoMeet) {
  OwnMessageIds own(NewWriter());
  OwnMessageIds others(NewWriter());
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.insert(own.Next());
    ids.insert(others.Next());
  }
  const std::string first = *ids.begin();
  EXPECT_TRUE(first.starts_with("g:"));
  // Publishers may call theirs as they like.
  ids.insert(PublisherMessageId(first));
  ids.insert(PublisherMessageId("t:e-1"));
  ids.insert(DeletionMessageId("e-1"));
  EXPECT_EQ(ids.size(), 203U);
  EXPECT_EQ(DeletionMessageId("e-1"), "t:e-1");
}

}  // namespace
}  // namespace ssegw::store::jetstream
