#include "gateway/http/subscription_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

fanout::SubscriptionRequest Parsed(std::string_view query, std::string_view last_event_id = "",
                                   fanout::Mode default_mode = fanout::Mode::kLatest) {
  auto result = ParseSubscription(query, last_event_id, default_mode);
  if (const auto* problem = std::get_if<Problem>(&result)) {
    ADD_FAILURE() << query << ": " << problem->detail;
    return {};
  }
  return std::get<fanout::SubscriptionRequest>(std::move(result));
}

std::vector<std::string> FilterTexts(const window::Filters& filters) {
  std::vector<std::string> texts;
  for (const window::FilterView& filter : filters.all()) texts.emplace_back(filter.text());
  return texts;
}

TEST(ParseSubscriptionTest, EmptyQueryGivesTheDefaults) {
  const fanout::SubscriptionRequest request = Parsed("");
  EXPECT_THAT(FilterTexts(request.filters), ElementsAre(">"));
  EXPECT_EQ(request.mode, fanout::Mode::kLatest);
  EXPECT_EQ(request.start, fanout::Start::kSnapshot);
  EXPECT_EQ(request.last_event_id, "");
  EXPECT_EQ(request.min_interval, 0ns);
  EXPECT_FALSE(request.envelope);
  EXPECT_EQ(request.heartbeat, fanout::HeartbeatForm::kComment);
  EXPECT_EQ(request.heartbeat_interval, 0ns);
}

TEST(ParseSubscriptionTest, TakesEveryParameter) {
  const fanout::SubscriptionRequest request = Parsed(
      "topic=b.%3E&topic=a.*&mode=all&start=earliest&lastEventId=k-1&envelope=1&"
      "heartbeat=event&heartbeatInterval=2.5");
  EXPECT_THAT(FilterTexts(request.filters), ElementsAre("a.*", "b.>"));
  EXPECT_EQ(request.mode, fanout::Mode::kAll);
  EXPECT_EQ(request.start, fanout::Start::kEarliest);
  EXPECT_EQ(request.last_event_id, "k-1");
  EXPECT_TRUE(request.envelope);
  EXPECT_EQ(request.heartbeat, fanout::HeartbeatForm::kEvent);
  EXPECT_EQ(request.heartbeat_interval, 2500ms);
}

TEST(ParseSubscriptionTest, TakesEveryChoice) {
  EXPECT_EQ(Parsed("mode=latest", "", fanout::Mode::kAll).mode, fanout::Mode::kLatest);
  EXPECT_EQ(Parsed("", "", fanout::Mode::kAll).mode, fanout::Mode::kAll);
  EXPECT_EQ(Parsed("start=snapshot").start, fanout::Start::kSnapshot);
  EXPECT_EQ(Parsed("start=live").start, fanout::Start::kLive);
  EXPECT_FALSE(Parsed("envelope=0").envelope);
  EXPECT_EQ(Parsed("heartbeat=comment").heartbeat, fanout::HeartbeatForm::kComment);
  EXPECT_EQ(Parsed("heartbeat=event").heartbeat, fanout::HeartbeatForm::kEvent);
}

TEST(ParseSubscriptionTest, HeartbeatIntervalIsInSeconds) {
  struct Case {
    std::string_view seconds;
    base::Duration interval;
  };
  const Case kCases[] = {{"1", 1s},        {"1.0", 1s},  {"2.5", 2500ms},
                         {"1.25", 1250ms}, {"30", 30s},  {"300", 300s},
                         {"300.0", 300s},  {"015", 15s}, {"299.999", 299'999ms}};
  for (const Case& c : kCases) {
    EXPECT_EQ(Parsed(base::Concat("heartbeatInterval=", c.seconds)).heartbeat_interval, c.interval)
        << c.seconds;
  }
}

TEST(ParseSubscriptionTest, IgnoresUnknownParametersWhateverIsInThem) {
  const fanout::SubscriptionRequest request = Parsed(
      "token=%zz&%zz=1&topic=a&mode%00=x&x=%FF&x&=&utm=1&_=17&t=1&ts=2&state=3&tag=a&"
      "room[]=1&id=7&rate=5&interval=1&last=x&event=y&topic_id=4&%74%6F%70=1");
  EXPECT_THAT(FilterTexts(request.filters), ElementsAre("a"));
}

TEST(ParseSubscriptionTest, AsksWhetherAnotherParameterWasMeant) {
  struct Case {
    std::string_view query;
    std::string given;
    std::string_view meant;
  };
  const Case kCases[] = {
      {"Topic=a", "Topic", "topic"},
      {"topics=a", "topics", "topic"},
      {"topic[]=a", "topic[]", "topic"},
      {"topic%5B%5D=a", "topic[]", "topic"},
      {"topic%5b0%5d=a", "topic[0]", "topic"},
      {"topic[0]=a&topic[1]=b", "topic[0]", "topic"},
      {"Topics[]=a", "Topics[]", "topic"},
      {"%54opic=a", "Topic", "topic"},
      {"topic=a&TOPIC=b", "TOPIC", "topic"},
      {"topics", "topics", "topic"},
      {"mode=all&amp;topic=a", "amp;topic", "topic"},
      {"?topic=a", "?topic", "topic"},
      {"+topic=a", " topic", "topic"},
      {"Mode=all", "Mode", "mode"},
      {"START=live", "START", "start"},
      {"maxrate=1", "maxrate", "maxRate"},
      {"max_rate=1", "max_rate", "maxRate"},
      {"Max-Rate=1", "Max-Rate", "maxRate"},
      {"Envelope=1", "Envelope", "envelope"},
      {"envelopes=1", "envelopes", "envelope"},
      {"heart_beat=event", "heart_beat", "heartbeat"},
      {"heartBeat=event", "heartBeat", "heartbeat"},
      {"heartbeatinterval=5", "heartbeatinterval", "heartbeatInterval"},
      {"heartbeat_interval=5", "heartbeat_interval", "heartbeatInterval"},
      {"heart_beat_interval=5", "heart_beat_interval", "heartbeatInterval"},
      {"lasteventid=k-1", "lasteventid", "lastEventId"},
      {"LastEventID=k-1", "LastEventID", "lastEventId"},
      {"last-event-id=k-1", "last-event-id", "lastEventId"},
      {"Last-Event-ID=k-1", "Last-Event-ID", "lastEventId"},
      {"LAST_EVENT_ID=k-1", "LAST_EVENT_ID", "lastEventId"},
      // Whatever is in it.
      {"Topic=%zz", "Topic", "topic"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.query);
    const auto result = ParseSubscription(c.query, "k-1", fanout::Mode::kLatest);
    const auto* problem = std::get_if<Problem>(&result);
    ASSERT_NE(problem, nullptr);
    EXPECT_EQ(problem->status, 400);
    EXPECT_EQ(problem->parameter, c.given);
    EXPECT_EQ(problem->detail, base::Concat("parameter \"", c.given,
                                            "\" is not known: did you mean ", c.meant, "?"));
  }
}

TEST(ParseSubscriptionTest, TakesTheLastEventIdFromWhereItIs) {
  struct Case {
    std::string_view name;
    std::string_view query;
    std::string_view field;
    std::string id;
  };
  const Case kCases[] = {
      {"nowhere", "", "", ""},
      {"field", "", "k-1", "k-1"},
      {"query", "lastEventId=k-2", "", "k-2"},
      {"query in the other spelling", "last_event_id=k-3", "", "k-3"},
      {"field wins", "lastEventId=k-2", "k-1", "k-1"},
      {"empty in the query", "lastEventId=&last_event_id", "", ""},
      {"last one wins", "lastEventId=k-1&lastEventId=k-2", "", "k-2"},
      {"last one wins across spellings", "last_event_id=k-2&lastEventId=k-1", "", "k-1"},
      {"empty one does not count", "lastEventId=k-1&last_event_id=", "", "k-1"},
      {"malformed", "lastEventId=%20%C3%BC", "", " ü"},
      {"not text", "lastEventId=%FF%00", "", std::string("\xFF\0", 2)},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Parsed(c.query, c.field).last_event_id, c.id) << c.name;
  }
}

TEST(ParseSubscriptionTest, TakesAnIdOfAnyLength) {
  const std::string id(1 << 20, 'x');
  EXPECT_EQ(Parsed("lastEventId=" + id).last_event_id, id);
  EXPECT_EQ(Parsed("", id).last_event_id, id);
}

TEST(ParseSubscriptionTest, MaxRateIsAnInterval) {
  struct Case {
    std::string_view rate;
    base::Duration interval;
  };
  const Case kCases[] = {
      {"1", 1s},    {"2", 500ms},   {"0.1", 10s},        {"4e0", 250ms}, {"1000", 1ms},
      {"1e6", 1ms}, {"1e308", 1ms}, {"0.0001", 10'000s}, {"1e-9", 24h},  {"1e-308", 24h},
  };
  for (const Case& c : kCases) {
    const auto request = Parsed(base::Concat("maxRate=", c.rate));
    EXPECT_EQ(request.min_interval, c.interval) << c.rate;
  }
}

TEST(ParseSubscriptionTest, MaxRateImpliesLatest) {
  EXPECT_EQ(Parsed("maxRate=1", "", fanout::Mode::kAll).mode, fanout::Mode::kLatest);
  EXPECT_EQ(Parsed("maxRate=1&mode=latest").mode, fanout::Mode::kLatest);
}

TEST(ParseSubscriptionTest, TakesAsManyFiltersAsTheBound) {
  std::string query;
  for (size_t i = 0; i < kMaxFilters; ++i) query += base::Concat("&topic=t", i);
  EXPECT_EQ(Parsed(query).filters.all().size(), kMaxFilters);
}

TEST(ParseSubscriptionTest, TakesAThousandFiltersOfEightTokens) {
  std::string query;
  for (size_t i = 0; i < kMaxFilters; ++i) query += base::Concat("&topic=t", i, ".b.c.d.e.f.g.*");
  EXPECT_EQ(Parsed(query).filters.all().size(), kMaxFilters);
}

TEST(ParseSubscriptionTest, NamesTheParameterAtFault) {
  std::string too_many;
  for (size_t i = 0; i <= kMaxFilters; ++i) too_many += "topic=a&";
  std::string too_long;
  for (size_t i = 0; i < 101; ++i) too_long += "topic=" + std::string(250, 'a') + "&";
  std::string too_deep;
  for (size_t i = 0; i < 501; ++i) too_deep += "topic=a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.>&";

  struct Case {
    std::string_view name;
    std::string query;
    std::string parameter;
    std::string detail;  // a part of it
  };
  const Case kCases[] = {
      {"empty topic", "topic=", "topic", "filter is empty"},
      {"topic without value", "topic", "topic", "filter is empty"},
      {"one of several topics", "topic=a&topic=", "topic", "filter is empty"},
      {"empty token", "topic=a..b", "topic", "is \"a..b\": filter has an empty token"},
      {"> not last", "topic=>.a", "topic", "before its last token"},
      {"space", "topic=a+b", "topic", "outside [A-Za-z0-9_-]"},
      {"list in one", "topic=a,b", "topic", "outside [A-Za-z0-9_-]"},
      {"bad escape", "topic=%zz", "topic", "parameter topic has a %"},
      {"not UTF-8", "topic=%FF", "topic", "is not valid UTF-8"},
      {"control character", "topic=a%0A", "topic", "has a control character"},
      {"long topic", "topic=" + std::string(256, 'a'), "topic", "256 bytes exceeds 255"},
      {"too many topics", too_many, "topic", "is given more than 1000 times"},
      {"too many bytes of topics", too_long, "topic",
       "is given 101 times with 25250 bytes together, exceeds 25000"},
      {"too many tokens of topics", too_deep, "topic",
       "is given 501 times with 8016 tokens together, exceeds 8000"},
      {"unknown mode", "mode=some", "mode", "is \"some\": expected latest or all"},
      {"empty mode", "mode=", "mode", "expected latest or all"},
      {"mode of other case", "mode=All", "mode", "expected latest or all"},
      {"mode twice", "mode=all&mode=all", "mode", "is given more than once"},
      {"unknown start", "start=x", "start", "expected snapshot, live or earliest"},
      {"start twice", "start=live&start=live", "start", "is given more than once"},
      {"unknown envelope", "envelope=true", "envelope", "expected 0 or 1"},
      {"envelope twice", "envelope=0&envelope=1", "envelope", "is given more than once"},
      {"rate 0", "maxRate=0", "maxRate", "finite number greater than 0"},
      {"rate -0", "maxRate=-0.0", "maxRate", "finite number greater than 0"},
      {"negative rate", "maxRate=-1", "maxRate", "finite number greater than 0"},
      {"infinite rate", "maxRate=inf", "maxRate", "finite number greater than 0"},
      {"NaN", "maxRate=nan", "maxRate", "finite number greater than 0"},
      {"too large to be finite", "maxRate=1e400", "maxRate", "finite number greater than 0"},
      {"too small to be above 0", "maxRate=1e-400", "maxRate", "finite number greater than 0"},
      {"rate with unit", "maxRate=5/s", "maxRate", "is \"5/s\": expected a finite number"},
      {"rate after a space", "maxRate=+5", "maxRate", "finite number greater than 0"},
      {"hexadecimal rate", "maxRate=0x10", "maxRate", "finite number greater than 0"},
      {"empty rate", "maxRate=", "maxRate", "finite number greater than 0"},
      {"rate twice", "maxRate=1&maxRate=1", "maxRate", "is given more than once"},
      {"rate of all", "mode=all&maxRate=1", "maxRate", "cannot go with mode=all"},
      {"unknown heartbeat", "heartbeat=on", "heartbeat", "is \"on\": expected comment or event"},
      {"heartbeat of other case", "heartbeat=Event", "heartbeat", "expected comment or event"},
      {"empty heartbeat", "heartbeat=", "heartbeat", "expected comment or event"},
      {"heartbeat twice", "heartbeat=event&heartbeat=event", "heartbeat", "more than once"},
      {"heartbeat interval 0", "heartbeatInterval=0", "heartbeatInterval",
       "is \"0\": expected a decimal number in 1..300, of seconds"},
      {"short heartbeat interval", "heartbeatInterval=0.999", "heartbeatInterval", "in 1..300"},
      {"long heartbeat interval", "heartbeatInterval=300.001", "heartbeatInterval", "in 1..300"},
      {"negative heartbeat interval", "heartbeatInterval=-5", "heartbeatInterval", "in 1..300"},
      {"heartbeat interval with unit", "heartbeatInterval=15s", "heartbeatInterval", "in 1..300"},
      {"heartbeat interval with exponent", "heartbeatInterval=1e1", "heartbeatInterval",
       "in 1..300"},
      {"hexadecimal heartbeat interval", "heartbeatInterval=0x10", "heartbeatInterval",
       "in 1..300"},
      {"heartbeat interval with a comma", "heartbeatInterval=2,5", "heartbeatInterval",
       "in 1..300"},
      {"infinite heartbeat interval", "heartbeatInterval=inf", "heartbeatInterval", "in 1..300"},
      {"heartbeat interval NaN", "heartbeatInterval=nan", "heartbeatInterval", "in 1..300"},
      {"heartbeat interval after a space", "heartbeatInterval=+5", "heartbeatInterval",
       "in 1..300"},
      {"empty heartbeat interval", "heartbeatInterval=", "heartbeatInterval", "in 1..300"},
      {"heartbeat interval twice", "heartbeatInterval=5&heartbeatInterval=5", "heartbeatInterval",
       "is given more than once"},
      {"bad escape in an id", "lastEventId=%z", "lastEventId", "has a %"},
      {"bad escape in the other id", "last_event_id=%", "last_event_id", "has a %"},
      {"encoded name", "m%6Fde=x", "mode", "expected latest or all"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto result = ParseSubscription(c.query, "k-1", fanout::Mode::kLatest);
    const auto* problem = std::get_if<Problem>(&result);
    ASSERT_NE(problem, nullptr);
    EXPECT_EQ(problem->status, 400);
    EXPECT_EQ(problem->parameter, c.parameter);
    EXPECT_THAT(problem->detail, HasSubstr("parameter " + c.parameter));
    EXPECT_THAT(problem->detail, HasSubstr(c.detail));
  }
}

TEST(ParseFiltersTest, LooksAtTopicsAlone) {
  const auto filters = ParseFilters("topic=b&mode=x&topic=a&lastEventId=%zz&maxrate=1&Mode=x");
  ASSERT_TRUE(std::holds_alternative<window::Filters>(filters));
  EXPECT_THAT(FilterTexts(std::get<window::Filters>(filters)), ElementsAre("a", "b"));
  EXPECT_THAT(FilterTexts(std::get<window::Filters>(ParseFilters(""))), ElementsAre(">"));

  const auto fault = ParseFilters("topic=");
  ASSERT_TRUE(std::holds_alternative<Problem>(fault));
  EXPECT_EQ(std::get<Problem>(fault).parameter, "topic");

  const auto misspelt = ParseFilters("topic=a&Topics[]=b");
  ASSERT_TRUE(std::holds_alternative<Problem>(misspelt));
  EXPECT_EQ(std::get<Problem>(misspelt).parameter, "Topics[]");
  EXPECT_THAT(std::get<Problem>(misspelt).detail, HasSubstr("did you mean topic?"));
}

}  // namespace
}  // namespace ssegw::http
