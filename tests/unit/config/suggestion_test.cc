#include "gateway/config/suggestion.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::config {
namespace {

TEST(NearestOptionNameTest, FindsWhatAWordWasMeantToBe) {
  EXPECT_EQ(NearestOptionName("retyr"), "retry");
  EXPECT_EQ(NearestOptionName("rety"), "retry");
  EXPECT_EQ(NearestOptionName("http-listen"), "http_listen");
  EXPECT_EQ(NearestOptionName("http_listener"), "http_listen");
  EXPECT_EQ(NearestOptionName("windowmaxbytes"), "window_max_bytes");
  EXPECT_EQ(NearestOptionName("max_conections"), "max_connections");
  EXPECT_EQ(NearestOptionName("RETRY"), "retry");
}

TEST(NearestOptionNameTest, SuggestsNothingForAnotherWord) {
  EXPECT_EQ(NearestOptionName(""), "");
  EXPECT_EQ(NearestOptionName("x"), "");
  EXPECT_EQ(NearestOptionName("verbose"), "");
  EXPECT_EQ(NearestOptionName(std::string(100'000, 'a')), "");
}

}  // namespace
}  // namespace ssegw::config
