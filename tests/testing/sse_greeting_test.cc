#include "tests/testing/sse_greeting.h"

#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

constexpr char kComment[] = ":\n";
constexpr char kCut[] = "event: gateway.cut\ndata: {}\n\n";
constexpr char kCutWithId[] = "event: gateway.cut\ndata: {}\nid: e-7\n\n";
constexpr char kHello[] =
    "event: gateway.hello\nretry: 2000\ndata: {\"connection\":\"c1\",\"resumed\":null}\n\n";
constexpr char kReset[] = "event: gateway.reset\ndata: {}\n\n";
constexpr char kLive[] = "event: gateway.live\ndata: {}\n\n";
constexpr char kHeartbeat[] = "event: gateway.heartbeat\ndata: {}\n\n";
constexpr char kBye[] = "event: gateway.bye\nretry: 9\ndata: {\"reason\":\"busy\"}\n\n";

std::string HelloWith(const std::string& resumed, const std::string& id = "") {
  return base::Concat(
      "event: gateway.hello\nretry: 2000\ndata: {\"connection\":\"c1\",\"resumed\":", resumed,
      "}\n", id.empty() ? "" : "id: ", id, id.empty() ? "\n" : "\n\n");
}

SseGreeting Read(const std::string& text) {
  SseParser parser;
  SseGreeting greeting;
  for (const SseBlock& block : parser.Parse(text)) greeting.Take(block);
  return greeting;
}

TEST(SseGreetingTest, TakesEveryWayToBegin) {
  const std::string begin = base::Concat(kComment, kCut);
  const SseGreeting fresh = Read(base::Concat(begin, kHello, "data: 1\nid: e-1\n\n", kLive,
                                              kComment, kHeartbeat, kReset, kBye));
  ASSERT_TRUE(fresh.is_over());
  ASSERT_TRUE(fresh.hello());
  EXPECT_EQ(fresh.hello()->connection, "c1");
  EXPECT_EQ(fresh.hello()->resumed, std::nullopt);
  EXPECT_EQ(fresh.hello()->retry_ms, 2000);
  EXPECT_FALSE(fresh.hello()->id);
  EXPECT_TRUE(fresh.is_live());

  EXPECT_EQ(Read(begin + HelloWith("null", "e-9")).hello()->id, "e-9");

  const std::string with_id = base::Concat(kComment, kCutWithId);
  const SseGreeting resumed = Read(with_id + HelloWith("true", "e-7"));
  EXPECT_EQ(resumed.hello()->resumed, true);
  EXPECT_EQ(resumed.hello()->id, "e-7");
  EXPECT_EQ(resumed.presented(), "e-7");
  EXPECT_FALSE(resumed.is_live());

  EXPECT_EQ(Read(base::Concat(with_id, HelloWith("false"), kReset)).hello()->resumed, false);
  EXPECT_EQ(Read(base::Concat(begin, HelloWith("false"), kReset)).hello()->resumed, false);

  const SseGreeting shed = Read(base::Concat(begin, kBye));
  EXPECT_TRUE(shed.is_over());
  EXPECT_FALSE(shed.hello());

  EXPECT_FALSE(Read(begin).is_over());
}

TEST(SseGreetingTest, RefusesWhatIsNotToTheLetter) {
  struct Case {
    const char* name;
    std::string text;
  };
  const std::string begin = base::Concat(kComment, kCut);
  const std::string greeted = begin + kHello;
  const Case cases[] = {
      {"no comment", base::Concat(kCut, kHello)},
      {"a comment with text", base::Concat(": connected\n", kCut, kHello)},
      {"two comments", base::Concat(kComment, kComment)},
      {"no gateway.cut", base::Concat(kComment, kHello)},
      {"gateway.cut with an id of another form",
       base::Concat(kComment, "event: gateway.cut\ndata: {}\nid: seven\n\n")},
      {"gateway.cut that says something",
       base::Concat(kComment, "event: gateway.cut\ndata: {\"a\":1}\n\n")},
      {"no gateway.hello", begin + kLive},
      {"an event before gateway.hello", begin + "data: 1\n\n"},
      {"a heartbeat before gateway.hello", begin + kComment},
      {"gateway.hello without retry",
       begin + "event: gateway.hello\ndata: {\"connection\":\"c\",\"resumed\":null}\n\n"},
      {"gateway.hello that says nothing", begin + "event: gateway.hello\nretry: 1\ndata: {}\n\n"},
      {"resumed is neither", begin + HelloWith("1")},
      {"resumed without an id", base::Concat(kComment, kCutWithId, HelloWith("true"))},
      {"resumed from another id", base::Concat(kComment, kCutWithId, HelloWith("true", "e-8"))},
      {"resumed from nothing", begin + HelloWith("true", "e-7")},
      {"an id that was not honoured",
       base::Concat(kComment, kCutWithId, HelloWith("false", "e-7"), kReset)},
      {"a presented id that nothing is said of", base::Concat(kComment, kCutWithId, kHello)},
      {"an event before gateway.reset", begin + HelloWith("false") + "data: 1\n\n"},
      {"gateway.live before gateway.reset", begin + HelloWith("false") + kLive},
      {"gateway.cut twice", greeted + kCut},
      {"gateway.hello twice", greeted + kHello},
      {"gateway.live twice", greeted + kLive + kLive},
      {"gateway.live with an id", greeted + "event: gateway.live\ndata: {}\nid: e-1\n\n"},
      {"gateway.heartbeat with an id", greeted + "event: gateway.heartbeat\ndata: {}\nid: e-1\n\n"},
      {"a heartbeat with text", greeted + ": still here\n"},
      {"gateway.bye without retry", greeted + "event: gateway.bye\ndata: {}\n\n"},
      {"an event after gateway.bye", greeted + kBye + "data: 1\n\n"},
      {"a heartbeat after gateway.bye", greeted + kBye + kComment},
      {"a reconnection time of an event", greeted + "retry: 1\ndata: 1\n\n"},
  };
  for (const Case& c : cases) EXPECT_THROW(Read(c.text), Failure) << c.name;
}

}  // namespace
}  // namespace ssegw::testing
