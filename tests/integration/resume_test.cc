// What a connection gets that comes with a last event id.
#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using Numbers = std::vector<uint32_t>;

// Numbers 1 to 6 of two keys, and the ids of them.
class ResumeTest : public ::testing::Test {
 protected:
  ResumeTest() {
    for (uint32_t i = 1; i <= 6; ++i) {
      ids_.push_back(publisher_.MustPublish(NumberedEvent("a", i % 2 ? "odd" : "even", i)));
    }
  }

  SseReader Resume(const std::string& query, const HttpFields& fields = {}) {
    return SseReader(gateway_.http(), {.query = query, .fields = fields});
  }
  // What comes before the next event that is published: a marker, which reader is to match.
  Numbers NumbersUntilMarker(SseReader reader) {
    publisher_.MustPublish(NumberedEvent("marker", "m", ++marker_));
    Numbers numbers;
    for (uint32_t n = NumberOf(reader.Event()); n != marker_; n = NumberOf(reader.Event())) {
      // Markers of before are among the events after an id.
      if (n < kFirstMarker) numbers.push_back(n);
    }
    return numbers;
  }
  double Outcomes(const std::string& outcome) {
    return gateway_.Scrape()[base::Concat("resumes_total{outcome=\"", outcome, "\"}")];
  }

  const GatewayProcess gateway_;
  Publisher publisher_{gateway_.grpc()};
  std::vector<std::string> ids_;

 private:
  static constexpr uint32_t kFirstMarker = 1000;
  uint32_t marker_ = kFirstMarker;
};

TEST_F(ResumeTest, ModeAllGetsEveryEventAfterTheId) {
  EXPECT_EQ(
      NumbersUntilMarker(Resume("mode=all&topic=a&topic=marker", {{"Last-Event-ID", ids_[1]}})),
      (Numbers{3, 4, 5, 6}));
  EXPECT_EQ(Outcomes("replayed"), 1);
}

TEST_F(ResumeTest, ModeLatestGetsTheNewestOfEachKeyAfterTheId) {
  EXPECT_EQ(NumbersUntilMarker(Resume("topic=a&topic=marker", {{"Last-Event-ID", ids_[1]}})),
            (Numbers{5, 6}));
  EXPECT_EQ(NumbersUntilMarker(Resume("topic=a&topic=marker", {{"Last-Event-ID", ids_[4]}})),
            (Numbers{6}));
}

TEST_F(ResumeTest, IdOfTheHeadGetsOnlyWhatComesNext) {
  for (const char* mode : {"mode=all", "mode=latest"}) {
    SseReader reader = Resume(mode, {{"Last-Event-ID", ids_.back()}});
    ids_.push_back(publisher_.MustPublish(NumberedEvent("a", "odd", 7)));
    EXPECT_EQ(reader.Event().id, ids_.back()) << mode;
  }
  EXPECT_EQ(Outcomes("live"), 2);
}

TEST_F(ResumeTest, HeaderAndBothNamesInTheQueryCountAlike) {
  const std::string topics = "topic=a&topic=marker&mode=all&";
  EXPECT_EQ(NumbersUntilMarker(Resume(topics + "lastEventId=" + ids_[4])), (Numbers{6}));
  EXPECT_EQ(NumbersUntilMarker(Resume(topics + "last_event_id=" + ids_[4])), (Numbers{6}));
  EXPECT_EQ(NumbersUntilMarker(Resume(topics, {{"last-event-id", ids_[4]}})), (Numbers{6}));
}

TEST_F(ResumeTest, HeaderWinsOverTheQuery) {
  EXPECT_EQ(NumbersUntilMarker(Resume("topic=a&topic=marker&mode=all&lastEventId=" + ids_[0],
                                      {{"Last-Event-ID", ids_[4]}})),
            (Numbers{6}));
}

TEST_F(ResumeTest, EmptyHeaderLetsTheIdOfTheQueryCount) {
  HttpConnection connection(gateway_.http());
  connection.Send(base::Concat("GET /v1/events?topic=a&mode=all&lastEventId=", ids_[4],
                               " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID:\r\n\r\n"));
  ASSERT_EQ(connection.ReadHead().status, 200);
  std::string body;
  while (body.find("\"user\":6") == std::string::npos) body += connection.ReadSome();
  EXPECT_EQ(body.find("\"user\":5"), std::string::npos) << body;
}

TEST_F(ResumeTest, EmptyIdIsNoId) {
  SseReader reader = Resume("topic=a&lastEventId=");
  EXPECT_EQ(NumbersOf(reader.Events(2)), (Numbers{5, 6}));
  EXPECT_EQ(Outcomes("reset"), 0);
}

TEST_F(ResumeTest, IdWinsOverStart) {
  EXPECT_EQ(NumbersUntilMarker(
                Resume("topic=a&topic=marker&mode=all&start=live", {{"Last-Event-ID", ids_[4]}})),
            (Numbers{6}));
}

TEST_F(ResumeTest, DeletionThatWasMissedIsTold) {
  const std::string deletion = publisher_.MustPublish(Deletion("a", "odd"));
  SseReader reader = Resume("topic=a", {{"Last-Event-ID", ids_[4]}});
  EXPECT_EQ(NumberOf(reader.Event()), 6u);
  const SseBlock deleted = reader.Event();
  EXPECT_EQ(deleted.event, "gateway.deleted");
  EXPECT_EQ(deleted.id, deletion);
}

TEST_F(ResumeTest, IdThatCannotBeHonouredIsToldAndASnapshotFollows) {
  struct Case {
    const char* name;
    std::string id;
    std::string reason;
  };
  const std::string epoch = gateway_.epoch();
  const Case cases[] = {
      {"another epoch", "abcdefgh-3", "other_epoch"},
      {"the future", epoch + "-7", "unknown_id"},
      {"the far future", epoch + "-18446744073709551615", "unknown_id"},
      {"over 64 bits", epoch + "-18446744073709551616", "unknown_id"},
      {"no seq", epoch + "-", "unknown_id"},
      {"no epoch", "-3", "unknown_id"},
      {"a leading zero", epoch + "-03", "unknown_id"},
      {"a negative seq", epoch + "--3", "unknown_id"},
      {"anything", "hello", "unknown_id"},
      {"UTF-8", "\xC3\xA9", "unknown_id"},
      {"16 KiB", std::string(16 * 1024, 'x'), "unknown_id"},
      {"16 KiB of digits", epoch + "-" + std::string(16 * 1024, '9'), "unknown_id"},
      {"8 KiB", std::string(8 * 1024, 'x'), "unknown_id"},
  };
  double resets = 0;
  for (const Case& c : cases) {
    for (const char* mode : {"mode=all", "mode=latest"}) {
      SseReader reader = Resume(mode, {{"Last-Event-ID", c.id}});
      const SseBlock reset = reader.Event();
      EXPECT_EQ(reset.event, "gateway.reset") << c.name;
      EXPECT_EQ(reset.data, base::Concat(R"({"reason":")", c.reason, R"(","missed":null})"))
          << c.name;
      EXPECT_FALSE(reset.id) << c.name;
      EXPECT_EQ(NumbersOf(reader.Events(2)), (Numbers{5, 6})) << c.name;
      ++resets;
    }
  }
  EXPECT_EQ(Outcomes("reset"), resets);
  EXPECT_EQ(gateway_.Scrape()[R"(resets_total{reason="other_epoch"})"], 2);
  EXPECT_EQ(gateway_.Scrape()[R"(resets_total{reason="unknown_id"})"], resets - 2);
}

TEST_F(ResumeTest, LongIdInTheQueryIsAnId) {
  SseReader reader = Resume("lastEventId=" + std::string(16 * 1024, 'x'));
  EXPECT_EQ(reader.Event().event, "gateway.reset");
}

TEST_F(ResumeTest, IdOfBytesThatAreNotTextIsAnId) {
  SseReader reader = Resume("lastEventId=%FF%00%0A");
  EXPECT_EQ(reader.Event().event, "gateway.reset");
}

TEST_F(ResumeTest, StreamGoesOnLiveAfterAReset) {
  for (const char* mode : {"mode=all", "mode=latest"}) {
    SseReader reader = Resume(mode, {{"Last-Event-ID", "unknown"}});
    reader.Event();
    reader.Events(2);
    const std::string id = publisher_.MustPublish(NumberedEvent("a", "even", 6));
    EXPECT_EQ(reader.Event().id, id) << mode;
  }
}

TEST_F(ResumeTest, IdOfAGatewayBeforeIsOfAnotherEpoch) {
  const GatewayProcess next;
  ASSERT_NE(next.epoch(), gateway_.epoch());
  SseReader reader(next.http(), {.fields = {{"Last-Event-ID", ids_[0]}}});
  EXPECT_EQ(reader.Event().data, R"({"reason":"other_epoch","missed":null})");
}

// Ids that are older than the window.
class ExpiredIdTest : public ::testing::Test {
 protected:
  explicit ExpiredIdTest(const std::string& flag = "--window_max_events=10") : gateway_({flag}) {}

  // 100 numbers of that many keys. Returns the id of the first.
  std::string PublishOverTheWindow(uint32_t keys) {
    std::vector<ssegateway::v1::Event> events;
    for (uint32_t i = 1; i <= 100; ++i) {
      events.push_back(NumberedEvent("a", base::Concat(i % keys), i));
    }
    return publisher_.MustPublish(events).front();
  }

  const GatewayProcess gateway_;
  Publisher publisher_{gateway_.grpc()};
};

TEST_F(ExpiredIdTest, ModeLatestIsServedFromTheSnapshot) {
  const std::string id = PublishOverTheWindow(20);
  SseReader reader(gateway_.http(), {.fields = {{"Last-Event-ID", id}}});
  const std::vector<SseBlock> events = reader.Events(20);
  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(NumberOf(events[i]), 81 + i);
  EXPECT_EQ(gateway_.Scrape()[R"(resumes_total{outcome="replayed"})"], 1);
}

TEST_F(ExpiredIdTest, ModeAllIsTold) {
  const std::string id = PublishOverTheWindow(2);
  SseReader reader(gateway_.http(), {.query = "mode=all", .fields = {{"Last-Event-ID", id}}});
  const SseBlock reset = reader.Event();
  EXPECT_EQ(reset.event, "gateway.reset");
  EXPECT_EQ(reset.data, R"({"reason":"expired","missed":null})");
  EXPECT_EQ(NumbersOf(reader.Events(2)), (Numbers{99, 100}));
  EXPECT_EQ(gateway_.Scrape()[R"(resets_total{reason="expired"})"], 1);
}

TEST_F(ExpiredIdTest, ModeAllIsServedFromTheEdgeOfTheWindow) {
  PublishOverTheWindow(2);
  // 91 to 100 are in the window: who has 90 has missed nothing that is not.
  SseReader reader(gateway_.http(),
                   {.query = "mode=all", .fields = {{"Last-Event-ID", gateway_.epoch() + "-90"}}});
  EXPECT_EQ(NumberOf(reader.Event()), 91u);
  SseReader before(gateway_.http(),
                   {.query = "mode=all", .fields = {{"Last-Event-ID", gateway_.epoch() + "-89"}}});
  EXPECT_EQ(before.Event().event, "gateway.reset");
}

class EvictedKeyTest : public ExpiredIdTest {
 protected:
  EvictedKeyTest() : ExpiredIdTest("--snapshot_max_keys=5") {}
};

TEST_F(EvictedKeyTest, ModeLatestIsToldWhatTheSnapshotCannotMakeGood) {
  const std::string id = PublishOverTheWindow(20);
  SseReader reader(gateway_.http(), {.fields = {{"Last-Event-ID", id}}});
  EXPECT_EQ(reader.Event().data, R"({"reason":"expired","missed":null})");
  EXPECT_EQ(NumbersOf(reader.Events(5)), (Numbers{96, 97, 98, 99, 100}));
}

}  // namespace
}  // namespace ssegw::testing
