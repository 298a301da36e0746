#include "internal/store/jetstream/deletions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/store/jetstream/api.h"
#include "internal/store/jetstream/stored_event.h"
#include "tests/unit/store/jetstream/played_server.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SentMessage;

std::string LogThatEndsAt(uint64_t seq) {
  return base::Concat(
      R"({"config":{"name":"n_log"},"created":"2026-01-01T00:00:00Z","state":{"last_seq":)", seq,
      "}}");
}

class DeletionsTest : public ::testing::Test {
 protected:
  DeletionsTest() {
    deletions_.SetEpoch("e");
    Connect();
  }
  ~DeletionsTest() override { Disconnect(); }

  void Connect() {
    Disconnect();
    deletions_.SetRequests(server_.Connect());
  }
  void Disconnect() {
    deletions_.SetRequests(nullptr);
    server_.Disconnect();
  }
  void Append(uint64_t seq, const std::string& key, base::Duration ttl) {
    window_.AppendAt(seq, sse::Frame::Create({.topic = "t",
                                              .key = key,
                                              .json = "1",
                                              .received_at = server_.now,
                                              .expires_at = server_.now + ttl}));
  }
  // In steps, as a loop runs that has a timer.
  void Run(base::Duration duration) {
    for (base::Duration ran{}; ran < duration; ran += milliseconds(50)) {
      server_.Run(milliseconds(50));
    }
  }
  std::vector<SentMessage> Sent() { return server_.nats.TakeSent(); }
  void Answer(const SentMessage& message, const std::string& data) {
    server_.nats.Answer(message, data);
    server_.Run();
  }

  PlayedServer server_;
  window::Window window_{"e", {}};
  uint64_t read_up_to_ = 0;
  Deletions deletions_{server_.loop, window_, {.name = "n", .writer = "w", .read_up_to = [this] {
                                                 return read_up_to_;
                                               }}};
};

TEST_F(DeletionsTest, DeletesWhatOutlivesItsTtlWithinASecond) {
  Append(7, "k", seconds(10));
  Run(seconds(10));
  EXPECT_TRUE(Sent().empty());
  Run(seconds(1));
  const std::vector<SentMessage> sent = Sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].subject, "n.e.t.~k");
  EXPECT_EQ(sent[0].header.at("Nats-Msg-Id"), "t:e-7");
  EXPECT_EQ(sent[0].header.at("Nats-Expected-Last-Subject-Sequence"), "7");
  const auto deletion = DecodeStoredEvent("t", "k", sent[0].data, base::Moment::Now());
  ASSERT_TRUE(deletion);
  EXPECT_TRUE(deletion->deleted());
  Answer(sent[0], Ack(8));
  EXPECT_EQ(deletions_.appended(), 1U);
  window_.AppendAt(8, sse::Frame::Create({.topic = "t", .key = "k", .deleted = true}));
  Run(seconds(20));
  EXPECT_TRUE(Sent().empty());
}

TEST_F(DeletionsTest, WaitsForATimeThatNoOtherReplicaWaits) {
  for (uint64_t seq = 1; seq <= 20; ++seq) Append(seq, std::to_string(seq), seconds(1));
  Run(milliseconds(1100));
  const size_t early = Sent().size();
  Run(milliseconds(600));
  EXPECT_GT(Sent().size(), early) << "not all at once";
}

TEST_F(DeletionsTest, WhatWasReplacedMeanwhileStays) {
  Append(1, "k", seconds(1));
  server_.RunAt(server_.now + seconds(1));
  Append(2, "k", seconds(100));
  Run(seconds(5));
  EXPECT_TRUE(Sent().empty());
}

TEST_F(DeletionsTest, WhatTheServerRefusesAsOutOfDateIsDone) {
  Append(1, "k", seconds(1));
  Run(seconds(2));
  const std::vector<SentMessage> sent = Sent();
  ASSERT_EQ(sent.size(), 1U);
  Answer(sent[0], Refusal(kWrongLastSequence, "wrong last sequence: 5"));
  EXPECT_TRUE(Sent().empty());
  EXPECT_EQ(deletions_.appended(), 0U);
  // Others were faster; the log brings what they did.
  window_.AppendAt(5, sse::Frame::Create({.topic = "t", .key = "k", .deleted = true}));
  Run(seconds(10));
  EXPECT_TRUE(Sent().empty());
}

TEST_F(DeletionsTest, WhatTheLogHasForgottenIsDeletedOnceTheWindowHasAllThatTheLogHad) {
  Append(1, "k", seconds(1));
  Run(seconds(2));
  Answer(Sent().at(0), Refusal(kWrongLastSequence, "wrong last sequence: 0"));
  const std::vector<SentMessage> look = Sent();
  ASSERT_EQ(look.size(), 1U);
  EXPECT_EQ(look[0].subject, StreamInfoSubject("n_log"));
  Answer(look[0], LogThatEndsAt(20));
  read_up_to_ = 19;
  Run(milliseconds(500));
  EXPECT_TRUE(Sent().empty());
  read_up_to_ = 20;
  Run(milliseconds(100));
  const std::vector<SentMessage> again = Sent();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].header.at("Nats-Expected-Last-Subject-Sequence"), "0");
  EXPECT_EQ(again[0].header.at("Nats-Msg-Id"), "t:e-1");
  Answer(again[0], Refusal(kWrongLastSequence, "wrong last sequence: 0"));
  Run(seconds(1));
  EXPECT_TRUE(Sent().empty()) << "not without end";
}

// As at a replica that was frozen: the log had something newer, and has let go of it.
TEST_F(DeletionsTest, WhatTheLogHasForgottenStaysWhereTheWindowGetsSomethingNewer) {
  Append(1, "k", seconds(1));
  Append(2, "l", seconds(1));
  Run(seconds(2));
  for (const SentMessage& sent : Sent()) {
    Answer(sent, Refusal(kWrongLastSequence, "wrong last sequence: 0"));
  }
  // One look at a time, for what was known when it began.
  const std::vector<SentMessage> first_look = Sent();
  ASSERT_EQ(first_look.size(), 1U);
  Answer(first_look[0], LogThatEndsAt(20));
  Answer(Sent().at(0), LogThatEndsAt(20));
  Append(3, "k", seconds(100));
  read_up_to_ = 20;
  Run(milliseconds(100));
  const std::vector<SentMessage> sent = Sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].subject, "n.e.t.~l");
}

// What the log had a while ago says nothing of what it has had since.
TEST_F(DeletionsTest, ALookAtTheLogIsGoodForAShortTime) {
  Append(1, "k", seconds(1));
  Run(seconds(2));
  Answer(Sent().at(0), Refusal(kWrongLastSequence, "wrong last sequence: 0"));
  Answer(Sent().at(0), LogThatEndsAt(20));
  server_.RunAt(server_.now + seconds(10));
  read_up_to_ = 20;
  Run(milliseconds(100));
  const std::vector<SentMessage> sent = Sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].header.at("Nats-Expected-Last-Subject-Sequence"), "1") << "it begins anew";
}

TEST_F(DeletionsTest, TriesAgainWithoutAnAnswerAndOverTheNextLink) {
  Append(1, "k", seconds(1));
  Run(seconds(2));
  EXPECT_EQ(Sent().size(), 1U);
  Run(seconds(5));
  EXPECT_EQ(Sent().size(), 1U);
  Disconnect();
  Run(seconds(10));
  Connect();
  Run(seconds(1));
  EXPECT_EQ(Sent().size(), 1U);
}

TEST_F(DeletionsTest, ARepeatOfWhatAnotherReplicaDidIsNotCounted) {
  Append(1, "k", seconds(1));
  Run(seconds(2));
  Answer(Sent().at(0), Ack(2, /*duplicate=*/true));
  EXPECT_EQ(deletions_.appended(), 0U);
}

TEST_F(DeletionsTest, AnotherEpochBeginsAnew) {
  Append(1, "k", seconds(1));
  Run(seconds(2));
  const SentMessage sent = Sent().at(0);
  window_.Restart("f");
  deletions_.SetEpoch("f");
  Answer(sent, Ack(2));
  EXPECT_EQ(deletions_.appended(), 0U) << "of another log";
  Append(1, "k", seconds(1));
  Run(seconds(2));
  EXPECT_EQ(Sent().at(0).header.at("Nats-Msg-Id"), "t:f-1");
}

}  // namespace
}  // namespace ssegw::store::jetstream
