#include "gateway/connections/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/net/shard/net_stats.h"
#include "tests/unit/connections/told.h"

namespace ssegw::connections {
namespace {

using net::CloseReason;
using ssegateway::v1::Connection;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LifecycleTest : public ::testing::Test {
 protected:
  void Make(Lifecycle::Options options = {}) {
    options.replica = "r1";
    lifecycle_.emplace(std::move(options));
  }
  void Watch() { next_ = *lifecycle_->Watch(""); }

  // cursor: the seq up to which it has got everything; 0: nothing.
  static Connection Of(const std::string& id, uint64_t cursor = 0,
                       const std::string& subject = "ada") {
    Connection connection;
    connection.set_id(id);
    connection.set_subject(subject);
    connection.set_address("192.0.2.7");
    connection.set_user_agent("Browser/1");
    connection.add_filters("a.>");
    if (cursor > 0) connection.set_cursor(base::Concat("epoch1-", cursor));
    return connection;
  }
  void Open(const std::string& id, const std::string& last_event_id = "") {
    Open(Of(id), last_event_id);
  }
  void Open(const Connection& connection, const std::string& last_event_id = "") {
    lifecycle_->Opened(connection, last_event_id, now_);
  }
  void Close(const std::string& id, uint64_t cursor,
             CloseReason reason = CloseReason::kPeerClosed) {
    Close(Of(id, cursor), reason);
  }
  void Close(const Connection& connection, CloseReason reason = CloseReason::kPeerClosed) {
    lifecycle_->Closed(connection, net::ToString(reason), now_);
  }
  void Pass(base::Duration time) {
    now_ += time;
    lifecycle_->Tick(now_);
  }
  // Since the last call.
  std::vector<std::string> Told() {
    std::vector<std::string> texts;
    for (const auto& response : ReadFrom(lifecycle_->log(), next_)) {
      texts.push_back(TextOf(response));
    }
    return texts;
  }

  std::optional<Lifecycle> lifecycle_;
  base::TimePoint now_{seconds(1000)};
  uint64_t next_ = 1;
};

TEST_F(LifecycleTest, TellsOfOneThatOpensAtOnceAndOfOneThatClosesAfterTheLinger) {
  Make();
  Watch();
  Open("a");
  EXPECT_THAT(Told(), ElementsAre("opened a"));
  Close("a", 5);
  Pass(std::chrono::milliseconds(4999));
  EXPECT_THAT(Told(), IsEmpty());
  Pass(std::chrono::milliseconds(1));
  EXPECT_THAT(Told(), ElementsAre("closed a peer_closed"));
}

TEST_F(LifecycleTest, TellsTheWholeConnectionAsItWas) {
  Make();
  Watch();
  Connection opened = Of("a");
  opened.set_bytes(1);
  Connection closed = Of("a", 7);
  closed.set_bytes(2);
  Open(opened);
  Close(closed, CloseReason::kWriteStall);
  Pass(seconds(5));
  const auto told = ReadFrom(lifecycle_->log(), next_);
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].opened().connection().SerializeAsString(), opened.SerializeAsString());
  EXPECT_EQ(told[1].closed().connection().SerializeAsString(), closed.SerializeAsString());
  EXPECT_EQ(told[1].closed().reason(), "write_stall");
}

TEST_F(LifecycleTest, AReconnectIsOneEvent) {
  Make();
  Watch();
  Open("a");
  Close("a", 5);
  Pass(seconds(4));
  Open("b", "epoch1-5");
  Pass(seconds(60));
  EXPECT_THAT(Told(), ElementsAre("opened a", "resumed b after a"));
}

TEST_F(LifecycleTest, AReconnectThatComesBeforeTheEndIsNoticedIsOneEvent) {
  Make();
  Watch();
  Open("a");
  Open("b", "epoch1-5");
  EXPECT_THAT(Told(), ElementsAre("opened a"));
  Pass(seconds(4));
  Close("a", 9, CloseReason::kPeerReset);
  EXPECT_THAT(Told(), ElementsAre("resumed b after a"));
  Pass(seconds(600));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(LifecycleTest, AnEndThatIsNoticedLateStillBelongsToTheReconnect) {
  Make();
  Watch();
  Open("a");
  Open("b", "epoch1-5");
  Pass(seconds(5));
  EXPECT_THAT(Told(), ElementsAre("opened a", "opened b"));
  Pass(seconds(80));
  Close("a", 9, CloseReason::kWriteStall);
  EXPECT_THAT(Told(), ElementsAre("resumed b after a"));
  Pass(seconds(5));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(LifecycleTest, AnEndLongAfterHasNothingToDoWithIt) {
  Make();
  Watch();
  Open("a");
  Open("b", "epoch1-5");
  Pass(seconds(5));
  Pass(Lifecycle::kHalfOpen);
  Close("a", 9);
  Pass(seconds(5));
  EXPECT_THAT(Told(), ElementsAre("opened a", "opened b", "closed a peer_closed"));
}

TEST_F(LifecycleTest, AnIdThatNobodyElseHasIsToldAtOnce) {
  Make();
  Watch();
  Open("a", "epoch1-5");
  EXPECT_THAT(Told(), ElementsAre("opened a"));
  Open(Of("b", 0, "bob"), "epoch1-5");
  EXPECT_THAT(Told(), ElementsAre("opened b"));
}

TEST_F(LifecycleTest, OnlyTheSameBrowserResumes) {
  struct Case {
    const char* name;
    void (*change)(Connection&);
  };
  const Case cases[] = {
      {"subject", [](Connection& c) { c.set_subject("bob"); }},
      {"address", [](Connection& c) { c.set_address("192.0.2.8"); }},
      {"user agent", [](Connection& c) { c.set_user_agent("Browser/2"); }},
      {"filters", [](Connection& c) { c.set_filters(0, "b.>"); }},
      {"more filters", [](Connection& c) { c.add_filters("b.>"); }},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    Make();
    Watch();
    Open("a");
    Close("a", 5);
    Connection other = Of("b");
    test.change(other);
    Open(other, "epoch1-5");
    Pass(seconds(5));
    EXPECT_THAT(Told(), ElementsAre("opened a", "opened b", "closed a peer_closed"));
  }
}

TEST_F(LifecycleTest, OnlyAnIdThatTheClosedOneHadBeenSentResumes) {
  for (const char* id : {"", "epoch1-6", "epoch2-5", "rubbish"}) {
    SCOPED_TRACE(id);
    Make();
    Watch();
    Open("a");
    Close("a", 5);
    Open("b", id);
    Pass(seconds(5));
    EXPECT_THAT(Told(), ElementsAre("opened a", "opened b", "closed a peer_closed"));
  }
}

TEST_F(LifecycleTest, OfSeveralTheNearestCursorIsResumed) {
  Make();
  Watch();
  for (const char* id : {"far", "near", "before"}) Open(id);
  Close("far", 9);
  Close("near", 6);
  Close("before", 4);
  Open("b", "epoch1-5");
  Pass(seconds(5));
  EXPECT_THAT(Told(),
              ElementsAre("opened far", "opened near", "opened before", "resumed b after near",
                          "closed far peer_closed", "closed before peer_closed"));
}

TEST_F(LifecycleTest, WhatIsCutInItsSnapshotIsResumedFromThere) {
  Make();
  Watch();
  Open("a");
  lifecycle_->Closed(Of("a"), net::ToString(CloseReason::kPeerReset), now_, "epoch1-3");
  Open("b", "epoch1-3");
  EXPECT_THAT(Told(), ElementsAre("opened a", "resumed b after a"));
}

TEST_F(LifecycleTest, OneEndIsResumedOnce) {
  Make();
  Watch();
  Open("a");
  Close("a", 5);
  Open("b", "epoch1-5");
  Open("c", "epoch1-5");
  Pass(seconds(5));
  EXPECT_THAT(Told(), ElementsAre("opened a", "resumed b after a", "opened c"));
}

TEST_F(LifecycleTest, OneThatOpensLaterIsNotTheOneBefore) {
  Make();
  Watch();
  Open("a");
  Open("b", "epoch1-5");
  // Another tab, which comes and goes meanwhile.
  Open("c");
  Close("c", 9);
  EXPECT_THAT(Told(), ElementsAre("opened a", "opened c"));
  Close("a", 9);
  EXPECT_THAT(Told(), ElementsAre("resumed b after a"));
  Pass(seconds(5));
  EXPECT_THAT(Told(), ElementsAre("closed c peer_closed"));
}

TEST_F(LifecycleTest, OneThatEndsWhileItWaitsIsToldOfFirst) {
  Make();
  Watch();
  Open("a");
  Open("b", "epoch1-5");
  Close("b", 6);
  EXPECT_THAT(Told(), ElementsAre("opened a", "opened b"));
  Open("c", "epoch1-6");
  EXPECT_THAT(Told(), ElementsAre("resumed c after b"));
  Close("a", 9);
  Pass(seconds(5));
  EXPECT_THAT(Told(), ElementsAre("closed a peer_closed"));
}

TEST_F(LifecycleTest, WhatAnOperatorClosesIsToldAtOnceAndNotResumed) {
  Make();
  Watch();
  Open("a");
  Close("a", 5, CloseReason::kClosed);
  EXPECT_THAT(Told(), ElementsAre("opened a", "closed a closed"));
  Open("b", "epoch1-5");
  EXPECT_THAT(Told(), ElementsAre("opened b"));
}

TEST_F(LifecycleTest, WithoutALingerEverythingIsToldAtOnce) {
  Make({.linger = seconds(0)});
  Watch();
  Open("a");
  Open("b", "epoch1-5");
  Close("a", 9);
  Open("c", "epoch1-5");
  EXPECT_THAT(Told(), ElementsAre("opened a", "opened b", "closed a peer_closed", "opened c"));
}

TEST_F(LifecycleTest, NothingIsKeptBeforeSomebodyWatches) {
  Make();
  EXPECT_FALSE(lifecycle_->wanted());
  Open("a");
  Close("a", 5);
  EXPECT_EQ(lifecycle_->memory_bytes(), 0U);
  Watch();
  EXPECT_TRUE(lifecycle_->wanted());
  Pass(seconds(5));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(LifecycleTest, ThoseThatWereOpenBeforeAreToldOfWhenTheyCloseOrResume) {
  Make({.open_connections = [] { return uint64_t{3}; }});
  Watch();
  Close("a", 5);
  Open("b", "epoch1-5");
  // The reconnect comes first.
  Open("d", "epoch1-5");
  Close("c", 7);
  Close("e", 7);
  Pass(seconds(5));
  EXPECT_THAT(Told(),
              ElementsAre("resumed b after a", "resumed d after c", "closed e peer_closed"));
  // Now all that are open are known.
  Open("f", "epoch2-1");
  EXPECT_THAT(Told(), IsEmpty());
  Open(Of("g", 0, "bob"), "epoch2-1");
  EXPECT_THAT(Told(), ElementsAre("opened g"));
}

TEST_F(LifecycleTest, WhatWaitsIsBounded) {
  Make({.max_waiting_bytes = 8192});
  Watch();
  for (int i = 0; i < 1000; ++i) {
    const std::string id = base::Concat("c", i);
    Open(id);
    Close(id, 5);
    EXPECT_LE(lifecycle_->memory_bytes() - lifecycle_->log().memory_bytes(), 8192U);
  }
  // Those that waited longest are told of early, and none is lost.
  Pass(seconds(5));
  EXPECT_THAT(Told(), SizeIs(2000));
  Open("a");
  for (size_t i = 0; i < 1000; ++i) {
    Open(base::Concat("d", i), "epoch1-5");
    EXPECT_LE(lifecycle_->memory_bytes() - lifecycle_->log().memory_bytes(), 8192U + i * 80);
  }
  Pass(seconds(5));
  EXPECT_THAT(Told(), SizeIs(1001));
}

// All of them look the same: people behind one address, with the same browser and page.
TEST_F(LifecycleTest, TenThousandReconnectsAreTenThousandEvents) {
  for (const bool reconnects_first : {false, true}) {
    SCOPED_TRACE(reconnects_first);
    Make();
    Watch();
    constexpr int kBrowsers = 10'000;
    for (int i = 0; i < kBrowsers; ++i) Open(base::Concat("a", i));
    EXPECT_THAT(Told(), SizeIs(kBrowsers));
    for (int i = 0; i < kBrowsers; ++i) {
      const uint64_t cursor = static_cast<uint64_t>(1 + i % 100);
      if (!reconnects_first) Close(base::Concat("a", i), cursor);
      Open(base::Concat("b", i), base::Concat("epoch1-", cursor));
      if (reconnects_first && i >= 500) {
        Close(base::Concat("a", i - 500), static_cast<uint64_t>(1 + (i - 500) % 100));
      }
    }
    for (int i = kBrowsers - 500; reconnects_first && i < kBrowsers; ++i) {
      Close(base::Concat("a", i), static_cast<uint64_t>(1 + i % 100));
    }
    Pass(seconds(5));
    std::set<std::string> previous;
    const auto told = ReadFrom(lifecycle_->log(), next_);
    ASSERT_THAT(told, SizeIs(kBrowsers));
    for (const auto& response : told) {
      ASSERT_TRUE(response.has_resumed());
      previous.insert(response.resumed().previous_id());
    }
    EXPECT_THAT(previous, SizeIs(kBrowsers));
  }
}

TEST_F(LifecycleTest, CountsWhatItTells) {
  Make();
  Watch();
  Open("a");
  Close("a", 5);
  Open("b", "epoch1-5");
  Close("b", 5);
  Pass(seconds(5));
  EXPECT_EQ(lifecycle_->stats().events[LifecycleEvent::kOpened].value(), 1U);
  EXPECT_EQ(lifecycle_->stats().events[LifecycleEvent::kResumed].value(), 1U);
  EXPECT_EQ(lifecycle_->stats().events[LifecycleEvent::kClosed].value(), 1U);
}

}  // namespace
}  // namespace ssegw::connections
