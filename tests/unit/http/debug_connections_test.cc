#include "gateway/http/debug_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

net::ConnectionInfo Stream(std::string id, base::Duration lag) {
  net::ConnectionInfo info;
  info.id = std::move(id);
  info.rank.lag = {.events = lag > base::Duration::zero() ? 1U : 0U, .age = lag};
  return info;
}

TEST(SlowestDocumentTest, SaysEverythingOfAStream) {
  net::ConnectionInfo info;
  info.id = "k3f9x2-shard-0-7";
  info.address = "192.0.2.7";
  info.filters = {"a.*", "b"};
  info.filter_count = 2;
  info.min_interval = milliseconds(500);
  info.progress = fanout::Progress::kBehind;
  info.rank = {.lag = {.events = 12, .age = milliseconds(1500)},
               .stalled = milliseconds(250),
               .age = seconds(60)};
  info.frames_delivered = 5;
  info.bytes_sent = 1000;
  info.link = net::LinkInfo{
      .unacknowledged_bytes = 4096, .bytes_per_second = 12.5, .round_trip = milliseconds(30)};
  EXPECT_EQ(SlowestDocument(9, {{{info}}}, 20),
            R"({"open":9,"unanswered_shards":[],"connections":[)"
            "\n"
            R"({"id":"k3f9x2-shard-0-7","address":"192.0.2.7","filters":["a.*","b"],)"
            R"("filter_count":2,"mode":"latest","max_rate":2.000,"state":"behind",)"
            R"("age_seconds":60.000,"lag_seconds":1.500,"lag_events":12,"stalled_seconds":0.250,)"
            R"("frames_delivered":5,"bytes_sent":1000,"unacknowledged_bytes":4096,)"
            R"("bytes_per_second":12.500,"round_trip_seconds":0.030}]})"
            "\n");
}

TEST(SlowestDocumentTest, SaysNullWhereThereIsNothingToSay) {
  const std::string document = SlowestDocument(1, {{{Stream("a", seconds(0))}}}, 20);
  EXPECT_THAT(document, HasSubstr(R"("max_rate":null)"));
  EXPECT_THAT(document, HasSubstr(R"("unacknowledged_bytes":null,"bytes_per_second":null,)"
                                  R"("round_trip_seconds":null)"));
}

TEST(SlowestDocumentTest, HasTheSlowestOfAllShardsInOrder) {
  const std::vector<ShardAnswer> by_shard = {
      {{Stream("a5", seconds(5)), Stream("a1", seconds(1))}},
      {{Stream("b9", seconds(9)), Stream("b3", seconds(3)), Stream("b0", seconds(0))}}};
  const std::string document = SlowestDocument(100, by_shard, 3);
  size_t at = 0;
  for (const std::string_view id : {"b9", "a5", "b3"}) {
    at = document.find(base::Concat("\"id\":\"", id), at);
    ASSERT_NE(at, std::string::npos) << id << " in " << document;
  }
  EXPECT_THAT(document, Not(HasSubstr("a1")));
}

TEST(SlowestDocumentTest, NamesShardsThatDidNotAnswer) {
  EXPECT_EQ(SlowestDocument(0, {std::nullopt, {{}}, std::nullopt}, 20),
            "{\"open\":0,\"unanswered_shards\":[0,2],\"connections\":[]}\n");
}

// A shard that answers when the test says so.
struct SlowShard {
  FindSlowest Ask() {
    return [this](size_t count, std::function<void(std::vector<net::ConnectionInfo>)> answer) {
      asked_for = count;
      done = std::move(answer);
    };
  }
  size_t asked_for = 0;
  std::function<void(std::vector<net::ConnectionInfo>)> done;
};

TEST(AskForSlowestTest, IsReadyWhenTheLastShardHasAnswered) {
  SlowShard a;
  SlowShard b;
  const net::HttpLater later = AskForSlowest({a.Ask(), b.Ask()}, [] { return 7; }, 3);
  int ready = 0;
  later.start([&] { ++ready; });
  EXPECT_EQ(a.asked_for, 3U);
  b.done({Stream("b1", seconds(1))});
  EXPECT_EQ(ready, 0);
  a.done({Stream("a2", seconds(2))});
  EXPECT_EQ(ready, 1);
  const net::HttpReply reply = later.finish();
  const auto& response = std::get<net::HttpResponse>(reply);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"({"open":7,"unanswered_shards":[],)"));
  EXPECT_LT(response.body.find("a2"), response.body.find("b1"));
}

TEST(AskForSlowestTest, GoesWithoutAShardThatDoesNotAnswer) {
  SlowShard a;
  SlowShard stuck;
  const net::HttpLater later = AskForSlowest({a.Ask(), stuck.Ask()}, [] { return 7; }, 3);
  later.start([] { ADD_FAILURE() << "it is not ready"; });
  a.done({Stream("a2", seconds(2))});
  const std::string body = std::get<net::HttpResponse>(later.finish()).body;
  EXPECT_THAT(body, HasSubstr(R"("unanswered_shards":[1])"));
  EXPECT_THAT(body, HasSubstr("a2"));
}

TEST(ConnectionRankTest, IsByLagThenByStallThenByAge) {
  const net::ConnectionRank ranks[] = {
      {.lag = {.events = 1, .age = seconds(2)}, .stalled = seconds(0), .age = seconds(1)},
      {.lag = {.events = 9, .age = seconds(1)}, .stalled = seconds(0), .age = seconds(1)},
      {.lag = {.events = 8, .age = seconds(1)}, .stalled = seconds(5), .age = seconds(9)},
      {.lag = {}, .stalled = seconds(2), .age = seconds(1)},
      {.lag = {}, .stalled = seconds(0), .age = seconds(9)},
      {.lag = {}, .stalled = seconds(0), .age = seconds(3)},
  };
  for (size_t i = 0; i < std::size(ranks); ++i) {
    for (size_t j = 0; j < std::size(ranks); ++j) {
      EXPECT_EQ(ranks[i].SlowerThan(ranks[j]), i < j) << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace ssegw::http
