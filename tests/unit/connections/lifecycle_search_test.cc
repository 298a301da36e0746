#include "gateway/connections/lifecycle_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gateway/connections/lifecycle.h"
#include "internal/base/concat.h"
#include "tests/unit/connections/told.h"

namespace ssegw::connections {
namespace {

using ssegateway::v1::Connection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LifecycleSearchTest : public ::testing::Test {
 protected:
  LifecycleSearchTest() { lifecycle_.Watch({}).IgnoreError(); }

  static Connection Of(const std::string& id, const std::string& subject) {
    Connection connection;
    connection.set_id(id);
    connection.set_subject(subject);
    connection.set_address("192.0.2.7");
    connection.add_filters("orders.>");
    connection.set_cursor("e-5");
    return connection;
  }
  void Open(const std::string& id, const std::string& subject, std::string_view last_id = {}) {
    lifecycle_.Opened(Of(id, subject), last_id, now_);
  }
  void Close(const std::string& id, const std::string& subject, std::string_view reason) {
    lifecycle_.Closed(Of(id, subject), reason, now_);
  }
  void PassTime() {
    now_ += std::chrono::minutes(1);
    wall_ += std::chrono::minutes(1);
    lifecycle_.Tick(now_);
  }
  std::vector<std::string> Look(LifecycleSearch& search) {
    while (search.Step()) {
    }
    std::vector<std::string> texts;
    for (const auto& found : search.found()) texts.push_back(TextOf(found.event));
    return texts;
  }
  std::vector<std::string> Look(LifecycleSearch::Wanted wanted) {
    LifecycleSearch search(lifecycle_.log(), std::move(wanted));
    return Look(search);
  }

  base::TimePoint now_ = base::TimePoint(std::chrono::hours(1));
  base::WallTime wall_ = std::chrono::system_clock::from_time_t(1'800'000'000);
  Lifecycle lifecycle_{{.replica = "r1", .wall = [this] { return wall_; }}};
};

TEST_F(LifecycleSearchTest, TellsTheLifeOfOneConnection) {
  Open("a", "alice");
  Open("b", "bob");
  PassTime();
  Close("a", "alice", "peer_closed");
  PassTime();
  EXPECT_THAT(Look({.id = "a"}), ElementsAre("closed a peer_closed", "opened a"));
  EXPECT_THAT(Look({.id = "b"}), ElementsAre("opened b"));
  EXPECT_THAT(Look({.id = "c"}), IsEmpty());
}

TEST_F(LifecycleSearchTest, ShowsAResumeForBothConnections) {
  Open("a", "alice");
  Close("a", "alice", "peer_closed");
  Open("b", "alice", "e-3");
  EXPECT_THAT(Look({.id = "a"}), ElementsAre("resumed b after a", "opened a"));
  EXPECT_THAT(Look({.id = "b"}), ElementsAre("resumed b after a"));
}

TEST_F(LifecycleSearchTest, FindsBySubjectAndAddress) {
  Open("a", "alice");
  Open("b", "bob");
  Close("b", "bob", "closed");
  EXPECT_THAT(Look({.subject = "bob"}), ElementsAre("closed b closed", "opened b"));
  EXPECT_THAT(Look({.subject = "bob", .address = "192.0.2.7"}).size(), 2U);
  EXPECT_THAT(Look({.address = "192.0.2.8"}), IsEmpty());
  EXPECT_THAT(Look({}), ElementsAre("closed b closed", "opened b", "opened a"));
}

TEST_F(LifecycleSearchTest, SaysWhenAConnectionClosedNotWhenThatWasTold) {
  Close("a", "alice", "peer_closed");
  const int64_t closed_at = std::chrono::system_clock::to_time_t(wall_);
  PassTime();
  LifecycleSearch search(lifecycle_.log(), {.id = "a"});
  ASSERT_EQ(Look(search).size(), 1U);
  EXPECT_EQ(search.found()[0].event.closed().closed_at().seconds(), closed_at);
  EXPECT_EQ(search.found()[0].told_at, wall_);
}

TEST_F(LifecycleSearchTest, TurnsPagesFromTheNewestToTheOldest) {
  for (const char* id : {"a", "b", "c", "d", "e"}) Open(id, id);
  LifecycleSearch first(lifecycle_.log(), {.max_events = 2});
  EXPECT_THAT(Look(first), ElementsAre("opened e", "opened d"));
  // What comes meanwhile is on no page.
  Open("f", "f");
  LifecycleSearch second(lifecycle_.log(), {.max_events = 3, .before = first.next().value()});
  EXPECT_THAT(Look(second), ElementsAre("opened c", "opened b", "opened a"));
  EXPECT_FALSE(second.next().has_value()) << "that was the last page";
}

TEST_F(LifecycleSearchTest, IsBoundedInBytes) {
  const std::string large(LifecycleSearch::kMaxBytes / 4, 'x');
  for (int i = 0; i < 20; ++i) Open(base::Concat("a", i), large);
  LifecycleSearch search(lifecycle_.log(), {});
  EXPECT_EQ(Look(search).size(), 4U);
  EXPECT_TRUE(search.next().has_value());
}

TEST_F(LifecycleSearchTest, LooksAtSoManyInOneStep) {
  Open("first", "s");
  for (size_t i = 0; i < 2 * LifecycleSearch::kEventsPerStep; ++i) Open("other", "s");
  LifecycleSearch search(lifecycle_.log(), {.id = "first"});
  EXPECT_TRUE(search.Step());
  EXPECT_TRUE(search.Step());
  EXPECT_THAT(search.found(), IsEmpty());
  EXPECT_FALSE(search.Step());
  EXPECT_EQ(search.found().size(), 1U);
}

TEST(LifecycleLogSinceTest, IsWhenItBeganOrTheOldestThatIsKept) {
  base::WallTime now = std::chrono::system_clock::from_time_t(1'800'000'000);
  LifecycleLog log("r1", {.events = 2}, std::nullopt, [&now] { return now; });
  EXPECT_FALSE(log.since().has_value());
  log.Begin();
  const base::WallTime began = now;
  for (int i = 0; i < 2; ++i) {
    now += std::chrono::seconds(1);
    log.Append("");
    EXPECT_EQ(log.since(), began);
  }
  log.Append("");
  EXPECT_EQ(log.since(), began + std::chrono::seconds(2));
}

}  // namespace
}  // namespace ssegw::connections
