#include "gateway/operators/list_query.h"

#include <gtest/gtest.h>

#include <string_view>
#include <variant>

namespace ssegw::operators {
namespace {

using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::ListConnectionsRequest;

TEST(ListQueryTest, ReadsEveryField) {
  const auto parsed = ParseListQuery(
      "topic=orders.%3E&subject=a%20b&address=192.0.2.7&page_size=50&page_token=x%3Dy&other=1");
  const auto& request = std::get<ListConnectionsRequest>(parsed);
  EXPECT_EQ(request.topic(), "orders.>");
  EXPECT_EQ(request.subject(), "a b");
  EXPECT_EQ(request.address(), "192.0.2.7");
  EXPECT_EQ(request.page_size(), 50U);
  EXPECT_EQ(request.page_token(), "x=y");
}

TEST(ListQueryTest, EmptyIsNotGiven) {
  const auto request =
      std::get<ListConnectionsRequest>(ParseListQuery("topic=&page_size=&subject="));
  EXPECT_EQ(request.ByteSizeLong(), 0U);
}

TEST(ListQueryTest, RefusesWhatItCannotRead) {
  struct Case {
    std::string_view query;
    std::string_view parameter;
  };
  for (const Case& c : {Case{"topic=a&topic=b", "topic"}, Case{"subject=%zz", "subject"},
                        Case{"address=%ff", "address"}, Case{"page_size=ten", "page_size"},
                        Case{"page_size=-1", "page_size"}, Case{"page_size=1x", "page_size"},
                        Case{"page_size=99999999999", "page_size"}}) {
    const auto parsed = ParseListQuery(c.query);
    ASSERT_TRUE(std::holds_alternative<http::Problem>(parsed)) << c.query;
    EXPECT_EQ(std::get<http::Problem>(parsed).status, 400) << c.query;
    EXPECT_EQ(std::get<http::Problem>(parsed).parameter, c.parameter) << c.query;
  }
}

TEST(CloseQueryTest, HasTheIdAndTheRetryIfThereIsOne) {
  const auto plain = std::get<CloseConnectionsRequest>(ParseCloseQuery("c-1", ""));
  ASSERT_EQ(plain.ids_size(), 1);
  EXPECT_EQ(plain.ids(0), "c-1");
  EXPECT_FALSE(plain.has_retry());
  const auto later = std::get<CloseConnectionsRequest>(ParseCloseQuery("c-1", "retry=90"));
  EXPECT_EQ(later.retry().seconds(), 90);
  EXPECT_TRUE(std::holds_alternative<http::Problem>(ParseCloseQuery("c-1", "retry=1.5")));
}

}  // namespace
}  // namespace ssegw::operators
