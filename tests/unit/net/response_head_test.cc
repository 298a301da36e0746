#include "internal/net/service/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ssegw::net {
namespace {

TEST(ResponseHeadTest, HasStatusLineDateFieldsAndFraming) {
  const HttpFields fields = {{"Content-Type", "text/plain"}, {"ETag", "\"1\""}};
  EXPECT_THAT(Serialize({.status = 404, .fields = fields, .content_length = 0, .close = true}),
              testing::MatchesRegex("HTTP/1\\.1 404 Not Found\r\n"
                                    "Date: ..., .. ... .... ..:..:.. GMT\r\n"
                                    "Content-Type: text/plain\r\nETag: \"1\"\r\n"
                                    "Content-Length: 0\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(Serialize({.fields = {}, .chunked = true}),
              testing::EndsWith("GMT\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

}  // namespace
}  // namespace ssegw::net
