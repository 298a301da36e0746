#include "internal/net/service/outgoing_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace ssegw::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// What is left, in one text.
std::string RestOf(const OutgoingAnswer& answer) {
  std::array<iovec, OutgoingAnswer::kMaxPieces> pieces;
  std::string rest;
  for (const iovec& piece : answer.Rest(pieces)) {
    rest.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return rest;
}

TEST(OutgoingAnswerTest, RestIsRightAfterAnyNumberOfBytes) {
  const std::string whole = "headbodystatic";
  for (size_t taken = 0; taken <= whole.size(); ++taken) {
    OutgoingAnswer answer("head", "body");
    answer.SetStaticBody("static", nullptr);
    answer.Take(taken);
    EXPECT_EQ(RestOf(answer), whole.substr(taken));
    EXPECT_EQ(answer.done(), taken == whole.size());
  }
}

TEST(OutgoingAnswerTest, HoldsTheOwnerOfItsStaticBody) {
  const auto owner = std::make_shared<std::string>("static");
  {
    OutgoingAnswer answer("head");
    answer.SetStaticBody(*owner, owner);
    EXPECT_EQ(owner.use_count(), 2);
    answer = OutgoingAnswer();
    EXPECT_EQ(owner.use_count(), 1);
  }
}

TEST(OutgoingAnswerTest, HasTheLengthOfItsBody) {
  const OutgoingAnswer answer = Serialize({.status = 200, .body = "text"},
                                          /*head_only=*/false, /*close=*/false);
  EXPECT_THAT(RestOf(answer), HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(RestOf(answer), EndsWith("\r\n\r\ntext"));
  EXPECT_THAT(RestOf(answer), Not(HasSubstr("Connection: close")));
}

TEST(OutgoingAnswerTest, ForHeadIsTheSameWithoutTheBody) {
  const OutgoingAnswer answer = Serialize({.status = 200, .body = "text"},
                                          /*head_only=*/true, /*close=*/true);
  EXPECT_THAT(RestOf(answer), HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(RestOf(answer), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(RestOf(answer), EndsWith("\r\n\r\n"));
}

TEST(OutgoingAnswerTest, WithoutABodyByItsStatusHasNoLength) {
  for (const int status : {204, 304}) {
    const OutgoingAnswer answer = Serialize({.status = status, .fields = {}},
                                            /*head_only=*/false, /*close=*/false);
    EXPECT_THAT(RestOf(answer), Not(HasSubstr("Content-Length")));
  }
}

}  // namespace
}  // namespace ssegw::net
