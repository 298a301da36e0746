#include "gateway/api/publish_calls.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/api/fakes.h"
#include "tests/unit/http/replies.h"

namespace ssegw::api {
namespace {

using Body = PublishCalls::Body;
using http::FieldOf;

class PublishCallsTest : public ::testing::Test {
 protected:
  net::HttpReply Begin(std::string_view query, Body kind, std::string body) {
    return calls_.Publish(query, kind, std::move(body), "192.0.2.7");
  }
  net::HttpResponse Publish(std::string_view query, std::string body) {
    return AnswerOf(Begin(query, Body::kEvent, std::move(body)), sink_);
  }
  net::HttpResponse PublishLines(std::string_view query, std::string body) {
    return AnswerOf(Begin(query, Body::kLines, std::move(body)), sink_);
  }

  FakeSink sink_;
  PublishCalls calls_{sink_, CompiledIn, {.max_event_bytes = 40'000, .max_waiting_bytes = 100'000}};
};

TEST_F(PublishCallsTest, AnswersWithTheId) {
  const net::HttpResponse response = Publish("topic=a", "1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"id\":\"e-1\",\"duplicate\":false}\n");
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/json");
  EXPECT_EQ(sink_.peers, std::vector<std::string>{"192.0.2.7"});
  EXPECT_EQ(sink_.events.at(0).json(), "1");
  sink_.answer = store::Appended{.id = "first", .duplicate = true};
  EXPECT_EQ(Publish("", R"({"topic":"a","json":"2"})").body,
            "{\"id\":\"first\",\"duplicate\":true}\n");
  EXPECT_EQ(sink_.events.at(1).json(), "2");
}

TEST_F(PublishCallsTest, WaitsForAStoreThatAnswersLater) {
  sink_.holds_back = true;
  EXPECT_EQ(Publish("topic=a", "1").body, "{\"id\":\"e-1\",\"duplicate\":false}\n");
  net::HttpReply reply = Begin("topic=a", Body::kEvent, "1");
  auto& later = std::get<net::HttpLater>(reply);
  later.start([] { ADD_FAILURE() << "ready"; });
  const auto response = std::get<net::HttpResponse>(later.finish());
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("outcome unknown:"), std::string::npos);
}

TEST_F(PublishCallsTest, ErrorsHaveTheirStatus) {
  struct Case {
    absl::Status fault;
    int status;
    std::string retry_after;
  };
  for (const Case& c : std::vector<Case>{{absl::InvalidArgumentError("bad topic"), 400, "(none)"},
                                         {absl::PermissionDeniedError("not yours"), 403, "(none)"},
                                         {absl::ResourceExhaustedError("full"), 429, "1"},
                                         {absl::UnavailableError("drains"), 503, "1"},
                                         {absl::InternalError("fault"), 503, "1"}}) {
    sink_.answer = c.fault;
    const net::HttpResponse response = Publish("topic=a", "1");
    EXPECT_EQ(response.status, c.status);
    EXPECT_EQ(FieldOf(response.fields, "Retry-After"), c.retry_after);
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
    EXPECT_NE(response.body.find(std::string(c.fault.message())), std::string::npos);
  }
}

TEST_F(PublishCallsTest, AnEventThatIsNoneCountsAsOne) {
  const net::HttpResponse response = Publish("", "{");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(Publish("topic=", "1").status, 400);
  EXPECT_EQ(sink_.events.size(), 1U) << "it is the request that is at fault";
}

TEST_F(PublishCallsTest, ALargeEventIsNotTheCallersWork) {
  const std::string large = '"' + std::string(30'000, 'x') + '"';
  const net::HttpReply reply = Begin("topic=a", Body::kEvent, large);
  EXPECT_TRUE(std::holds_alternative<net::HttpLater>(reply));
  EXPECT_TRUE(sink_.events.empty());
  EXPECT_EQ(AnswerOf(reply, sink_).body, "{\"id\":\"e-1\",\"duplicate\":false}\n");
  EXPECT_EQ(sink_.events.at(0).json(), large);
}

TEST_F(PublishCallsTest, WhatWaitsIsBounded) {
  const std::string large = '"' + std::string(30'000, 'x') + '"';
  std::vector<net::HttpReply> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(Begin("topic=a", Body::kEvent, large));
  EXPECT_EQ(std::get<net::HttpResponse>(Begin("topic=a", Body::kEvent, large)).status, 429);
  EXPECT_EQ(std::get<net::HttpResponse>(Begin("topic=a", Body::kLines, large)).status, 429);
  sink_.RunTasks();
  EXPECT_EQ(Publish("topic=a", large).status, 200);
}

TEST_F(PublishCallsTest, EachLineHasItsAnswerInOrder) {
  for (const bool holds_back : {false, true}) {
    sink_ = FakeSink();
    sink_.holds_back = holds_back;
    const net::HttpResponse response = PublishLines(
        "", "{\"topic\":\"a\",\"json\":\"1\"}\r\n\n  \nno\n{\"topic\":\"b\",\"json\":\"3\"}");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/x-ndjson");
    EXPECT_TRUE(response.body.starts_with(
        "{\"id\":\"e-1\",\"duplicate\":false}\n{\"error\":{\"code\":3,\"message\":\"event: "))
        << response.body;
    EXPECT_TRUE(response.body.ends_with("\"}}\n{\"id\":\"e-3\",\"duplicate\":false}\n"))
        << response.body;
  }
}

TEST_F(PublishCallsTest, LinesCanBeTheDataOfOneTopic) {
  EXPECT_EQ(PublishLines("topic=a&key=k", "1\n2\n").status, 200);
  ASSERT_EQ(sink_.events.size(), 2U);
  EXPECT_EQ(sink_.events[1].json(), "2");
  EXPECT_EQ(sink_.events[1].key(), "k");
  EXPECT_EQ(PublishLines("topic=a&message_id=m", "1\n2\n").status, 400);
}

TEST_F(PublishCallsTest, ALineIsInTheStoreBeforeTheNextIsTaken) {
  sink_.holds_back = true;
  net::HttpReply reply = Begin("topic=a", Body::kLines, "1\n2\n3\n");
  for (size_t taken = 1; taken <= 3; ++taken) {
    sink_.RunTasks();
    EXPECT_EQ(sink_.events.size(), taken);
    sink_.AnswerHeld();
  }
  sink_.RunTasks();
  EXPECT_EQ(AnswerOf(std::move(reply), sink_).status, 200);
}

TEST_F(PublishCallsTest, ManyLinesGiveOthersTheirTurn) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "1\n";
  net::HttpReply reply = Begin("topic=a", Body::kLines, body);
  const auto task = std::move(sink_.tasks.front());
  sink_.tasks.clear();
  task();
  EXPECT_LT(sink_.events.size(), 1000U);
  AnswerOf(std::move(reply), sink_);
  EXPECT_EQ(sink_.events.size(), 1000U);
}

TEST_F(PublishCallsTest, RefusesTooManyLinesAndAllOfThemWhileItDrains) {
  std::string body;
  for (size_t i = 0; i <= api::PublishLines::kMaxLines; ++i) body += "\n";
  EXPECT_EQ(PublishLines("topic=a", body).body, "") << "blank lines are none";
  for (size_t i = 0; i <= api::PublishLines::kMaxLines; ++i) body += "1\n";
  EXPECT_EQ(PublishLines("topic=a", body).status, 413);
  EXPECT_TRUE(sink_.events.empty());
  sink_.drains = true;
  const net::HttpResponse response = PublishLines("topic=a", "1\n");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(FieldOf(response.fields, "Retry-After"), "1");
}

TEST_F(PublishCallsTest, AnErrorOfALineSaysWhenToTryAgain) {
  sink_.answer = absl::ResourceExhaustedError("full \xFF");
  EXPECT_EQ(PublishLines("topic=a", "1\n").body,
            "{\"error\":{\"code\":8,\"message\":\"(an error whose text is not UTF-8)\","
            "\"retryDelay\":\"1s\"}}\n");
}

}  // namespace
}  // namespace ssegw::api
