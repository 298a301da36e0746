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

TEST(LifecycleQueryTest, ReadsEveryField) {
  const auto parsed = ParseLifecycleQuery(
      "", "r1", "subject=a%20b&address=192.0.2.7&id=x-1&limit=1000&before=r1.7");
  const auto& wanted = std::get<connections::LifecycleSearch::Wanted>(parsed);
  EXPECT_EQ(wanted.subject, "a b");
  EXPECT_EQ(wanted.address, "192.0.2.7");
  EXPECT_EQ(wanted.id, "x-1");
  EXPECT_EQ(wanted.max_events, 1000U);
  EXPECT_EQ(wanted.before, 7U);
  EXPECT_EQ(PlaceOf("r1", 7), "r1.7");
}

TEST(LifecycleQueryTest, TheIdOfThePathIsTheOneThatCounts) {
  const auto parsed = ParseLifecycleQuery("x-1", "r1", "id=x-2");
  EXPECT_EQ(std::get<connections::LifecycleSearch::Wanted>(parsed).id, "x-1");
}

TEST(LifecycleQueryTest, RefusesWhatItCannotRead) {
  for (const std::string_view query :
       {"limit=0", "limit=1001", "limit=x", "before=7", "before=r2.7", "before=r1.", "before=r1.x",
        "before=r1.-1", "subject=%zz", "id=a&id=b"}) {
    const auto parsed = ParseLifecycleQuery("", "r1", query);
    const auto* problem = std::get_if<http::Problem>(&parsed);
    ASSERT_NE(problem, nullptr) << query;
    EXPECT_EQ(problem->parameter, query.substr(0, query.find('=')));
  }
}

}  // namespace
}  // namespace ssegw::operators
