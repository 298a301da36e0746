#include "internal/net/shard/shared_texts.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::net {
namespace {

TEST(SharedTextsTest, EqualTextsAreOne) {
  metrics::Counter bytes;
  SharedTexts texts(bytes);
  SharedTexts::Text a = texts.Get(std::string(256, 'x'));
  const uint64_t once = bytes.value();
  EXPECT_GE(once, 256U);
  SharedTexts::Text b = texts.Get(std::string(256, 'x'));
  EXPECT_EQ(a.view().data(), b.view().data());
  EXPECT_EQ(bytes.value(), once);
  a = SharedTexts::Text();
  EXPECT_EQ(b.view(), std::string(256, 'x'));
  b = texts.Get("other");
  EXPECT_EQ(texts.size(), 1U) << "nobody holds the first one";
  const SharedTexts::Text moved = std::move(b);
  EXPECT_EQ(moved.view(), "other");
}

TEST(SharedTextsTest, NothingIsLeftOfThem) {
  metrics::Counter bytes;
  SharedTexts texts(bytes);
  {
    std::vector<SharedTexts::Text> held;
    for (int i = 0; i < 1000; ++i) held.push_back(texts.Get(base::Concat("browser ", i)));
    EXPECT_EQ(texts.size(), 1000U);
    EXPECT_EQ(texts.Get("").view(), "");
  }
  EXPECT_EQ(texts.size(), 0U);
  EXPECT_EQ(bytes.value(), 0U);
}

}  // namespace
}  // namespace ssegw::net
