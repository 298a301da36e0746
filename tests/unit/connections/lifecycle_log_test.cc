#include "gateway/connections/lifecycle_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "tests/unit/connections/told.h"

namespace ssegw::connections {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string OpenedEvent(const std::string& id) {
  ssegateway::v1::WatchConnectionsResponse response;
  response.mutable_opened()->mutable_connection()->set_id(id);
  return response.SerializeAsString();
}

std::vector<std::string> TextsFrom(LifecycleLog& log, uint64_t number) {
  std::vector<std::string> texts;
  for (const auto& response : ReadFrom(log, number)) texts.push_back(TextOf(response));
  return texts;
}

TEST(LifecycleLogTest, ATokenLeadsToWhatCameAfterIt) {
  LifecycleLog log("r1", {});
  for (const char* id : {"a", "b", "c"}) log.Append(OpenedEvent(id));
  uint64_t number = 1;
  const auto told = ReadFrom(log, number);
  ASSERT_EQ(told.size(), 3U);
  const auto after = log.After(told[0].token());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_THAT(TextsFrom(log, *after), ElementsAre("opened b", "opened c"));
  const auto at_end = log.After(told[2].token());
  ASSERT_TRUE(at_end.ok());
  EXPECT_THAT(TextsFrom(log, *at_end), ElementsAre());
  log.Append(OpenedEvent("d"));
  EXPECT_THAT(TextsFrom(log, *at_end), ElementsAre("opened d"));
}

TEST(LifecycleLogTest, SaysHowManyEventsAreMissed) {
  LifecycleLog log("r1", {.events = 3});
  for (const char* id : {"a", "b", "c", "d", "e"}) log.Append(OpenedEvent(id));
  EXPECT_THAT(TextsFrom(log, 3), ElementsAre("opened c", "opened d", "opened e"));
  const auto missed = log.Read(1);
  EXPECT_EQ(missed.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(missed.status().message()), HasSubstr("2 events were missed"));
}

TEST(LifecycleLogTest, IsBoundedInBytesToo) {
  const size_t each = OpenedEvent("a").size() + LifecycleLog::kBytesPerEvent;
  LifecycleLog log("r1", {.events = 100, .bytes = 3 * each});
  for (int i = 0; i < 50; ++i) log.Append(OpenedEvent("a"));
  EXPECT_EQ(log.memory_bytes(), 3 * each);
  EXPECT_FALSE(log.Read(47).ok());
  EXPECT_TRUE(log.Read(48).ok());
  // One that is larger than all of it is still told of.
  log.Append(OpenedEvent(std::string(4 * each, 'x')));
  EXPECT_TRUE(log.Read(51).ok());
  EXPECT_FALSE(log.Read(50).ok());
}

TEST(LifecycleLogTest, ATokenOfAnotherProcessIsOutOfRange) {
  LifecycleLog log("r1", {});
  LifecycleLog other("r2", {});
  other.Append(OpenedEvent("a"));
  uint64_t number = 1;
  const std::string token = ReadFrom(other, number)[0].token();
  EXPECT_EQ(log.After(token).status().code(), absl::StatusCode::kOutOfRange);
}

// Two logs of the same events, the other one some time behind.
class SharedLogTest : public ::testing::Test {
 protected:
  static constexpr base::Duration kLag = std::chrono::seconds(10);

  void Append(const std::string& id) {
    here_.Append(OpenedEvent(id));
    now_ += std::chrono::seconds(1);
    other_.Append(OpenedEvent(id));
    now_ += std::chrono::seconds(1);
  }
  // After the events that a watcher of the other one has read.
  std::vector<std::string> GoOnAfter(size_t events) {
    uint64_t number = 1;
    const auto after = here_.After(ReadFrom(other_, number)[events - 1].token());
    if (!after.ok()) return {std::string(after.status().message())};
    return TextsFrom(here_, *after);
  }

  base::WallTime now_ = std::chrono::system_clock::from_time_t(1'800'000'000);
  LifecycleLog here_{"r1", {.events = 8}, kLag, [this] { return now_; }};
  LifecycleLog other_{"r2", {}, kLag, [this] { return now_; }};
};

TEST_F(SharedLogTest, ATokenOfAnotherLeadsToWhatCameAfterItOrEarlier) {
  here_.Begin();
  now_ += std::chrono::seconds(20);
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) Append(id);
  EXPECT_THAT(GoOnAfter(8),
              ElementsAre("opened d", "opened e", "opened f", "opened g", "opened h"));
  EXPECT_EQ(GoOnAfter(1).size(), 8U);
}

TEST_F(SharedLogTest, NotWhereWhatCameAfterItIsNotKept) {
  here_.Begin();
  now_ += std::chrono::seconds(20);
  for (int i = 0; i < 20; ++i) Append("a");
  EXPECT_THAT(GoOnAfter(8), ElementsAre(HasSubstr("another gateway")));
  EXPECT_THAT(GoOnAfter(20),
              ElementsAre("opened a", "opened a", "opened a", "opened a", "opened a"));
}

TEST_F(SharedLogTest, NotWhereItHadNotBegunThen) {
  other_.Append(OpenedEvent("a"));
  now_ += std::chrono::seconds(1);
  here_.Begin();
  EXPECT_THAT(GoOnAfter(1), ElementsAre(HasSubstr("another gateway")));
  now_ += std::chrono::seconds(20);
  other_.Append(OpenedEvent("b"));
  EXPECT_THAT(GoOnAfter(2), ElementsAre());
}

TEST(LifecycleLogTest, WhatIsNoTokenIsInvalid) {
  LifecycleLog log("r1", {});
  log.Append(OpenedEvent("a"));
  // The last is of an event that there has not been.
  for (const char* token :
       {"x", ".1.1", "r1.", "r1..", "r1.1.", "r1.1", "r1..1", "r1.x.1", "r1.1x.1", "r1.1.1x",
        "r1.-1.1", "r1.1.-1", "r1.99999999999999999999.1", "r1.1.1.1", "r1.2.1"}) {
    EXPECT_EQ(log.After(token).status().code(), absl::StatusCode::kInvalidArgument) << token;
  }
  EXPECT_TRUE(log.After("r1.1.1").ok());
}

TEST(LifecycleLogTest, WakesOnceWhenTheEventIsThere) {
  LifecycleLog log("r1", {});
  int woken = 0;
  log.WakeAt(1, [&woken] { ++woken; });
  EXPECT_EQ(woken, 0);
  log.Append(OpenedEvent("a"));
  EXPECT_EQ(woken, 1);
  log.Append(OpenedEvent("b"));
  EXPECT_EQ(woken, 1);
  // It is there already.
  log.WakeAt(2, [&woken] { ++woken; });
  EXPECT_EQ(woken, 2);
  const uint64_t waiter = log.WakeAt(3, [&woken] { ++woken; });
  log.Forget(waiter);
  log.Append(OpenedEvent("c"));
  EXPECT_EQ(woken, 2);
}

}  // namespace
}  // namespace ssegw::connections
