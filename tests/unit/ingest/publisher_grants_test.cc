#include "gateway/ingest/publisher_grants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ssegw::ingest {
namespace {

using ::testing::HasSubstr;

PublisherGrants Parsed(std::string_view text) {
  auto grants = PublisherGrants::Parse(text);
  EXPECT_TRUE(grants.ok()) << grants.status();
  return *std::move(grants);
}

std::string FaultOf(std::string_view text) {
  const auto grants = PublisherGrants::Parse(text);
  return grants.ok() ? "" : std::string(grants.status().message());
}

TEST(PublisherGrantsTest, ALineIsANameAndItsFilters) {
  const PublisherGrants grants = Parsed(
      "# who may publish what\n"
      "\n"
      "spiffe://example/orders  orders.> \tdashboards.orders # theirs\r\n"
      "   host.example.com hosts.*\n"
      "nothing.example.com\n");
  EXPECT_EQ(grants.size(), 3U);
  EXPECT_TRUE(grants.Allow({"spiffe://example/orders"}, "orders.eu.1"));
  EXPECT_TRUE(grants.Allow({"spiffe://example/orders"}, "dashboards.orders"));
  EXPECT_FALSE(grants.Allow({"spiffe://example/orders"}, "theirs"));  // of the comment
  EXPECT_FALSE(grants.Allow({"spiffe://example/orders"}, "hosts.a"));
  EXPECT_TRUE(grants.Allow({"host.example.com"}, "hosts.a"));
  EXPECT_FALSE(grants.Allow({"host.example.com"}, "hosts.a.b"));
  EXPECT_FALSE(grants.Allow({"nothing.example.com"}, "hosts.a"));
  EXPECT_FALSE(grants.Allow({"other.example.com"}, "hosts.a"));
  EXPECT_FALSE(grants.Allow({"Host.example.com"}, "hosts.a"));
  EXPECT_FALSE(grants.Allow({"host.example.com "}, "hosts.a"));
  EXPECT_FALSE(grants.Allow({}, "hosts.a"));
}

TEST(PublisherGrantsTest, AWordAmongTheFiltersAllowsConnections) {
  const PublisherGrants grants = Parsed("a x @connections\nb y\n* z @connections\n");
  EXPECT_TRUE(grants.AllowConnections({"a"}));
  EXPECT_FALSE(grants.AllowConnections({"b"}));
  EXPECT_TRUE(grants.AllowConnections({"b", "a"}));
  EXPECT_TRUE(grants.AllowConnections({"unknown"}));
  EXPECT_TRUE(grants.Allow({"a"}, "x"));
  EXPECT_FALSE(Parsed("a x\n").AllowConnections({"unknown"}));
  EXPECT_NE(FaultOf("a @other\n"), "");
}

TEST(PublisherGrantsTest, SeveralNamesHaveTheGrantsOfAllTheirLines) {
  const PublisherGrants grants = Parsed("a x\nb y\n");
  EXPECT_TRUE(grants.Allow({"a", "b"}, "x"));
  EXPECT_TRUE(grants.Allow({"a", "b"}, "y"));
  EXPECT_TRUE(grants.Allow({"unknown", "b"}, "y"));
  EXPECT_FALSE(grants.Allow({"unknown", "b"}, "x"));
}

TEST(PublisherGrantsTest, AFilterIsAllowedIfOneGrantCoversIt) {
  const PublisherGrants grants =
      *PublisherGrants::Parse("a orders.> hosts.*\nb orders.eu.>\n* public.>\n");
  EXPECT_TRUE(grants.AllowAll({"a"}, *window::Filter::Parse("orders.*.1")));
  EXPECT_TRUE(grants.AllowAll({"a"}, *window::Filter::Parse("hosts.*")));
  EXPECT_FALSE(grants.AllowAll({"a"}, *window::Filter::Parse("hosts.>")));
  EXPECT_FALSE(grants.AllowAll({"a"}, *window::Filter::Parse(">")));
  EXPECT_FALSE(grants.AllowAll({"b"}, *window::Filter::Parse("orders.>")));
  EXPECT_FALSE(grants.AllowAll({"a"}, *window::Filter::Parse("public.a")));
  EXPECT_TRUE(grants.AllowAll({"other"}, *window::Filter::Parse("public.a")));
}

TEST(PublisherGrantsTest, TheStarIsForThoseWhomNoOtherLineNames) {
  const PublisherGrants grants = Parsed("* public.>\na x\nnobody\n");
  EXPECT_TRUE(grants.Allow({"other"}, "public.a"));
  EXPECT_TRUE(grants.Allow({}, "public.a"));
  EXPECT_TRUE(grants.Allow({"*"}, "public.a"));  // a certificate of that name is nobody special
  EXPECT_FALSE(grants.Allow({"a"}, "public.a"));
  EXPECT_FALSE(grants.Allow({"other", "a"}, "public.a"));
  EXPECT_FALSE(grants.Allow({"nobody"}, "public.a"));
}

TEST(PublisherGrantsTest, AFaultNamesItsLine) {
  EXPECT_THAT(FaultOf("a x\n\nb x..y\n"), HasSubstr("line 3: "));
  EXPECT_THAT(FaultOf("a x\na y\n"), HasSubstr("line 2: the name has a line already"));
  EXPECT_THAT(FaultOf("* x\n* y"), HasSubstr("line 2: the name has a line already"));
  EXPECT_THAT(FaultOf("a >.x"), HasSubstr("line 1: "));
  EXPECT_EQ(FaultOf(""), "");
  EXPECT_EQ(FaultOf("#"), "");
}

}  // namespace
}  // namespace ssegw::ingest
