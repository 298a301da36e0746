#include "internal/store/jetstream/streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "internal/log/capture_for_test.h"
#include "tests/testing/fake_nats.h"

namespace ssegw::store::jetstream {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeNats;
using ::testing::HasSubstr;
using testing::SentMessage;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

json Error(int error, std::string_view text) {
  return {{"error", {{"code", 500}, {"err_code", error}, {"description", text}}}};
}

json Log(const std::string& created = "2026-01-01T00:00:01Z") {
  return {{"config",
           {{"name", "n_log"},
            {"subjects", {"n.e.>", "n.meta.>"}},
            {"retention", "limits"},
            {"storage", "file"},
            {"discard", "old"},
            {"max_msgs", 100'000},
            {"max_bytes", 67108864},
            {"max_age", 300'000'000'000},
            {"max_msgs_per_subject", -1},
            {"max_msg_size", -1},
            {"duplicate_window", 120'000'000'000}}},
          {"created", created},
          {"state", {{"last_seq", 9}}}};
}

json Keys(const std::string& created = "2026-01-01T00:00:02Z") {
  return {{"config",
           {{"name", "n_keys"},
            {"retention", "limits"},
            {"storage", "file"},
            {"discard", "old"},
            {"mirror", {{"name", "n_log"}}},
            {"max_msgs", 200'000},
            {"max_msgs_per_subject", 1}}},
          {"created", created},
          {"state", {{"last_seq", 9}}}};
}

// A server that answers what a test says it does.
class StreamsTest : public ::testing::Test, private nats::LinkListener {
 protected:
  StreamsTest() {
    answers_["$JS.API.INFO"] = json::object();
    answers_["$JS.API.CONSUMER.CREATE.n_log.version"] = Error(10025, "invalid JSON");
    answers_["$JS.API.STREAM.INFO.n_log"] = Log();
    answers_["$JS.API.STREAM.INFO.n_keys"] = Keys();
    loop_.RunDue(kStart);
    nats_.OnSent([this](const SentMessage& message) {
      asked_.push_back(message.subject.substr(std::string_view("$JS.API.").size()));
      if (on_asked_) on_asked_(message.subject);
      const auto at = answers_.find(message.subject);
      if (at == answers_.end()) return nats_.AnswerStatus(message, 503);
      if (!at->second.is_null()) nats_.Answer(message, at->second.dump());
    });
    link_ = *nats_.Dial(*this);
    requests_ = std::make_unique<nats::Requests>(loop_, *link_, 1, "_INBOX.x");
  }

  absl::StatusOr<LogStreams> Find() {
    asked_.clear();
    std::optional<absl::StatusOr<LogStreams>> found;
    streams_.Find(*requests_, [&](absl::StatusOr<LogStreams> result) { found = result; });
    now_ += seconds(60);
    loop_.RunDue(now_);
    return found ? *found : absl::InternalError("not called");
  }
  // What makes the log unusable.
  std::string WhyNot(const json& config) {
    json log = Log();
    log["config"].update(config);
    answers_["$JS.API.STREAM.INFO.n_log"] = log;
    const absl::Status status = Find().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << config;
    return std::string(status.message());
  }

  FakeNats nats_;
  nats::Loop loop_;
  base::TimePoint now_ = kStart;
  std::map<std::string, json> answers_;  // null: none
  std::vector<std::string> asked_;
  // Before the answer is looked for.
  std::function<void(const std::string&)> on_asked_;
  std::unique_ptr<nats::Link> link_;
  std::unique_ptr<nats::Requests> requests_;
  Streams streams_{{.name = "n"}};

 private:
  void OnMessage(nats::SubscriptionId /*id*/, nats::Message message) override {
    loop_.Post([this, message = std::move(message)]() mutable {
      requests_->OnMessage(std::move(message));
    });
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {}
};

TEST_F(StreamsTest, FindsWhatIsThereAndChangesNothing) {
  const log::CaptureForTest log;
  const auto found = Find();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->log_created);
  EXPECT_EQ(found->log.last_seq, 9U);
  EXPECT_EQ(found->keys.config.mirror, "n_log");
  EXPECT_THAT(asked_, ::testing::ElementsAre("INFO", "CONSUMER.CREATE.n_log.version",
                                             "STREAM.INFO.n_log", "STREAM.INFO.n_keys"));
  EXPECT_THAT(log.lines(), ::testing::IsEmpty());
}

TEST_F(StreamsTest, WarnsOnceOfEachLimitThatDiffers) {
  const log::CaptureForTest log;
  answers_["$JS.API.STREAM.INFO.n_log"]["config"]["max_msgs"] = 7;
  answers_["$JS.API.STREAM.INFO.n_log"]["config"]["num_replicas"] = 5;
  answers_["$JS.API.STREAM.INFO.n_log"]["ts"] = "2026-01-01T00:00:03Z";
  answers_["$JS.API.STREAM.INFO.n_keys"]["config"]["max_bytes"] = 1000;
  answers_["$JS.API.STREAM.INFO.n_keys"]["config"]["storage"] = "memory";
  EXPECT_TRUE(Find().ok());
  EXPECT_TRUE(Find().ok());
  EXPECT_THAT(log.lines(),
              ElementsAre(HasSubstr("stream=n_log limit=max_msgs has=7"),
                          HasSubstr("stream=n_log limit=num_replicas has=5 flags=1"),
                          HasSubstr("stream=n_keys limit=max_bytes has=1000"),
                          HasSubstr("stream=n_keys limit=storage has=memory flags=file")));
}

TEST_F(StreamsTest, WarnsOfCopiesOnServersThatLetThemDiffer) {
  const log::CaptureForTest log;
  const auto find_anew = [&] {
    Streams streams({.name = "n", .replicas = 3});
    bool found = false;
    streams.Find(*requests_,
                 [&](const absl::StatusOr<LogStreams>& result) { found = result.ok(); });
    loop_.RunDue(now_ += seconds(1));
    EXPECT_TRUE(found);
  };
  answers_["$JS.API.STREAM.INFO.n_log"]["config"]["num_replicas"] = 3;
  answers_["$JS.API.STREAM.INFO.n_keys"]["config"]["num_replicas"] = 3;
  find_anew();
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("copies of the log may differ")));
  // From 2.10 on.
  answers_["$JS.API.STREAM.INFO.n_log"]["ts"] = "2026-01-01T00:00:03Z";
  find_anew();
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(StreamsTest, SaysWhatMakesALogUnusable) {
  EXPECT_THAT(WhyNot({{"subjects", {"n.>"}}}), HasSubstr("n.e.>"));
  EXPECT_THAT(WhyNot({{"subjects", {"n.e.>", "n.meta.>", "x"}}}), HasSubstr("subjects"));
  EXPECT_THAT(WhyNot({{"retention", "workqueue"}}), HasSubstr("workqueue"));
  EXPECT_THAT(WhyNot({{"discard", "new"}}), HasSubstr("discard"));
  EXPECT_THAT(WhyNot({{"max_msgs_per_subject", 5}}), HasSubstr("5 messages per subject"));
  EXPECT_THAT(WhyNot({{"no_ack", true}}), HasSubstr("acknowledge"));
  EXPECT_THAT(WhyNot({{"sealed", true}}), HasSubstr("sealed"));
  EXPECT_THAT(WhyNot({{"sources", {{{"name", "other"}}}}}), HasSubstr("sources"));
  EXPECT_THAT(WhyNot({{"duplicate_window", 19'999'000'000}}), HasSubstr("19999 ms"));
}

TEST_F(StreamsTest, KeysThatAreNoMirrorOfTheLogAreUnusable) {
  for (const json& mirror : {json({{"name", "other"}}),
                             json({{"name", "n_log"}, {"filter_subject", "n.e.a.>"}}), json()}) {
    json keys = Keys();
    keys["config"]["mirror"] = mirror;
    answers_["$JS.API.STREAM.INFO.n_keys"] = keys;
    EXPECT_EQ(Find().status().code(), absl::StatusCode::kFailedPrecondition) << mirror;
  }
}

TEST_F(StreamsTest, TellsAServerThatCannotServeFromOneThatIsNotReady) {
  answers_.erase("$JS.API.CONSUMER.CREATE.n_log.version");
  absl::Status status = Find().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("2.9"));
  answers_["$JS.API.INFO"] = Error(10039, "jetstream not enabled for account");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kFailedPrecondition);
  answers_.erase("$JS.API.INFO");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kFailedPrecondition);

  answers_["$JS.API.INFO"] = Error(10008, "JetStream system temporarily unavailable");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kUnavailable);
  answers_["$JS.API.INFO"] = nullptr;
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamsTest, WhatTheServerRefusesToCreateIsNamed) {
  answers_["$JS.API.STREAM.INFO.n_log"] = Error(10059, "stream not found");
  answers_["$JS.API.STREAM.CREATE.n_log"] = Error(10047, "insufficient storage resources");
  absl::Status status = Find().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              ::testing::AllOf(::testing::HasSubstr("n_log"),
                               ::testing::HasSubstr("insufficient storage resources")));
}

TEST_F(StreamsTest, WaitsForServersThatAClusterLacksYet) {
  answers_["$JS.API.STREAM.INFO.n_log"] = Error(10059, "stream not found");
  answers_["$JS.API.STREAM.CREATE.n_log"] = Error(10008, "temporarily unavailable");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kUnavailable);
  answers_["$JS.API.STREAM.CREATE.n_log"] =
      Error(10005, "no suitable peers for placement, peer offline");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kUnavailable);
  // They are there, and none of them will do.
  answers_["$JS.API.STREAM.CREATE.n_log"] =
      Error(10005, "no suitable peers for placement, insufficient storage");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(StreamsTest, TakesTheStreamThatAnotherGatewayMakesAtTheSameTime) {
  struct Stream {
    std::string name;
    json value;
  };
  for (const Stream& stream : {Stream("n_log", Log()), Stream("n_keys", Keys())}) {
    for (const json& refusal :
         {Error(10065, "subjects overlap with an existing stream"),
          Error(10058, "stream name already in use with a different configuration")}) {
      const std::string info = "$JS.API.STREAM.INFO." + stream.name;
      const std::string create = "$JS.API.STREAM.CREATE." + stream.name;
      answers_[info] = Error(10059, "stream not found");
      answers_[create] = refusal;
      // It is not there yet when it is looked for again.
      EXPECT_EQ(Find().status().code(), absl::StatusCode::kUnavailable) << stream.name << refusal;
      on_asked_ = [&](const std::string& subject) {
        if (subject == create) answers_[info] = stream.value;
      };
      const auto found = Find();
      EXPECT_TRUE(found.ok()) << stream.name << " " << found.status();
      EXPECT_FALSE(found.ok() && found->log_created);
      on_asked_ = nullptr;
    }
  }
}

TEST_F(StreamsTest, AStreamThatIsInTheWayForGoodIsToldOf) {
  answers_["$JS.API.STREAM.INFO.n_log"] = Error(10059, "stream not found");
  answers_["$JS.API.STREAM.CREATE.n_log"] =
      Error(10065, "subjects overlap with an existing stream");
  for (int i = 1; i < Streams::kMaxInTheWay; ++i) {
    EXPECT_EQ(Find().status().code(), absl::StatusCode::kUnavailable);
  }
  const absl::Status status = Find().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              ::testing::AllOf(::testing::HasSubstr("n_log"), ::testing::HasSubstr("overlap")));
}

TEST_F(StreamsTest, AMirrorThatIsOlderThanItsLogIsMadeAnew) {
  const log::CaptureForTest log;
  answers_["$JS.API.STREAM.INFO.n_log"] = Log("2026-01-01T00:00:03Z");
  answers_["$JS.API.STREAM.DELETE.n_keys"] = {{"success", true}};
  // The server's clock has gone back meanwhile: it is deleted once all the same.
  const auto found = Find();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(std::count(asked_.begin(), asked_.end(), "STREAM.DELETE.n_keys"), 1);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_THAT(log.lines()[0], ::testing::HasSubstr("mirror of another log deleted"));
}

TEST_F(StreamsTest, IsToldOfTheEndOfTheLink) {
  answers_["$JS.API.STREAM.INFO.n_log"] = nullptr;
  std::optional<absl::StatusOr<LogStreams>> found;
  streams_.Find(*requests_, [&](absl::StatusOr<LogStreams> result) { found = result; });
  loop_.RunDue(now_);
  requests_.reset();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->status().code(), absl::StatusCode::kAborted);
}

TEST_F(StreamsTest, ALinkThatIsClosedSaysNothingOfTheServer) {
  nats_.Close("gone");
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(StreamsTest, MayEndBeforeItsAnswerComes) {
  auto streams = std::make_unique<Streams>(StreamsOptions{.name = "n"});
  bool called = false;
  streams->Find(*requests_, [&](const absl::StatusOr<LogStreams>& /*result*/) { called = true; });
  streams.reset();
  loop_.RunDue(now_);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace ssegw::store::jetstream
