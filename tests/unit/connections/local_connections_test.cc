// The open connections as operators see them, with real shards.
#include "gateway/connections/local_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/connections/asking.h"

namespace ssegw::connections {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using testing::WaitFor;

std::vector<std::string> Sorted(std::vector<std::string> ids) {
  std::ranges::sort(ids);
  return ids;
}

TEST_F(LocalConnectionsTest, OneIsShownAsItIs) {
  const base::WallTime before = std::chrono::system_clock::now();
  const auto browser = std::make_unique<Browser>(address_);
  browser->Send("GET /of/alice/t HTTP/1.1\r\nHost: h\r\nUser-Agent: Some/1.0\r\n\r\n");
  ASSERT_TRUE(browser->ReadUntil(net::kLive));
  const std::string id = IdOf(*browser);

  absl::StatusOr<Connection> shown = Get(id);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->id(), id);
  EXPECT_EQ(shown->replica(), "test");
  EXPECT_EQ(shown->subject(), "alice");
  EXPECT_EQ(shown->address(), "127.0.0.1");
  EXPECT_EQ(shown->user_agent(), "Some/1.0");
  EXPECT_THAT(shown->filters(), ElementsAre("t"));
  EXPECT_EQ(shown->mode(), "latest");
  const int64_t earliest = std::chrono::duration_cast<seconds>(before.time_since_epoch()).count();
  EXPECT_GE(shown->opened_at().seconds(), earliest);
  EXPECT_LE(shown->opened_at().seconds(), earliest + 10);
  EXPECT_GE(shown->last_write_at().seconds(), shown->opened_at().seconds());
  EXPECT_EQ(shown->cursor(), "") << "there is no event yet";
  EXPECT_EQ(shown->frames(), 0U);

  Publish("1");
  ASSERT_TRUE(browser->ReadUntil("id: e-1\n"));
  const std::string opened_at = shown->opened_at().SerializeAsString();
  ASSERT_TRUE(WaitFor([&] {
    shown = Get(id);
    return shown.ok() && shown->frames() == 1;
  }));
  EXPECT_EQ(shown->cursor(), "e-1");
  EXPECT_EQ(shown->lag_events(), 0U);
  EXPECT_EQ(shown->bytes(), browser->received().size());
  EXPECT_EQ(shown->opened_at().SerializeAsString(), opened_at);
}

TEST_F(LocalConnectionsTest, WhatIsNoIdOfAnOpenConnectionIsNotFound) {
  auto browser = Browse("alice", "a");
  const std::string id = IdOf(*browser);
  for (const std::string& other :
       {std::string(), std::string("x"), "other" + id.substr(4), id + "0", id + "x", id + "-1",
        id.substr(0, id.rfind('-') + 1) + "0" + id.substr(id.rfind('-') + 1),
        id.substr(0, id.rfind('-') + 1), id.substr(0, id.rfind('-') + 1) + "99999999999999999999",
        std::string("test-shard-7-1")}) {
    EXPECT_EQ(Get(other).status().code(), absl::StatusCode::kNotFound) << other;
  }
  browser = nullptr;
  EXPECT_TRUE(WaitFor([&] { return Get(id).status().code() == absl::StatusCode::kNotFound; }));
}

TEST_F(LocalConnectionsTest, AListHasThoseThatFitAllThatIsGiven) {
  const auto a = Browse("alice", "a.b");
  const auto b = Browse("alice", "c.>");
  const auto c = Browse("bob", "a.*");
  const auto d = Browse("", ">");
  const auto ids = [&](auto set) {
    ListConnectionsRequest request;
    set(request);
    request.set_page_size(100);
    return AllPages(request);
  };
  EXPECT_THAT(ids([](auto&) {}), UnorderedElementsAre(IdOf(*a), IdOf(*b), IdOf(*c), IdOf(*d)));
  EXPECT_THAT(ids([](auto& r) { r.set_subject("alice"); }),
              UnorderedElementsAre(IdOf(*a), IdOf(*b)));
  EXPECT_THAT(ids([](auto& r) { r.set_topic("a.b"); }),
              UnorderedElementsAre(IdOf(*a), IdOf(*c), IdOf(*d)));
  EXPECT_THAT(ids([](auto& r) { r.set_topic("*.x"); }),
              UnorderedElementsAre(IdOf(*b), IdOf(*c), IdOf(*d)));
  EXPECT_THAT(ids([](auto& r) {
                r.set_topic("a.b");
                r.set_subject("bob");
              }),
              ElementsAre(IdOf(*c)));
  EXPECT_EQ(ids([](auto& r) { r.set_address("127.0.0.1"); }).size(), 4U);
  EXPECT_THAT(ids([](auto& r) { r.set_address("127.0.0.2"); }), IsEmpty());
  EXPECT_THAT(ids([](auto& r) { r.set_subject("carol"); }), IsEmpty());
}

// "One that opens or closes between two pages may be missed; no other is, and none comes twice."
TEST_F(LocalConnectionsTest, PagesMissNoneThatStaysWhileOthersOpenAndClose) {
  std::mt19937 random(20'261'130);
  std::vector<std::unique_ptr<Browser>> staying;
  std::vector<std::unique_ptr<Browser>> passing;
  for (int i = 0; i < 60; ++i) (i % 3 == 0 ? passing : staying).push_back(Subscribe());
  std::set<std::string> expected;
  for (const auto& browser : staying) expected.insert(IdOf(*browser));

  ListConnectionsRequest request;
  request.set_page_size(7);
  const std::vector<std::string> ids = AllPages(request, [&] {
    if (!passing.empty()) passing.erase(passing.begin() + random() % passing.size());
    passing.push_back(Subscribe());
    passing.push_back(Subscribe());
  });
  EXPECT_EQ(ids, Sorted(ids));
  const std::set<std::string> once(ids.begin(), ids.end());
  EXPECT_EQ(once.size(), ids.size()) << "one came twice";
  EXPECT_TRUE(std::ranges::includes(once, expected));
}

TEST_F(LocalConnectionsTest, APageThatIsFullToTheLastIsTheLast) {
  std::vector<std::unique_ptr<Browser>> browsers;
  for (int i = 0; i < 8; ++i) browsers.push_back(Subscribe());
  ListConnectionsRequest request;
  request.set_page_size(4);
  absl::StatusOr<ListConnectionsResponse> page = List(request);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->connections_size(), 4);
  request.set_page_token(page->next_page_token());
  page = List(request);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->connections_size(), 4);
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(LocalConnectionsTest, ClosedOnesAreToldWhenToComeBack) {
  const auto a = Browse("alice", "a");
  const auto b = Browse("alice", "b");
  const auto c = Browse("bob", "a");
  CloseConnectionsRequest request;
  request.set_subject("alice");
  request.set_filter("a");
  request.mutable_retry()->set_seconds(60);
  EXPECT_EQ(Close(request).value(), 1U);
  a->ReadToEnd();
  const std::string& text = a->received();
  const size_t bye = text.find("event: gateway.bye\nretry: ");
  ASSERT_NE(bye, std::string::npos) << text;
  EXPECT_THAT(text.substr(bye), HasSubstr("data: {\"reason\":\"closed\"}"));
  // Jittered by half.
  const int retry = std::stoi(text.substr(bye + 26));
  EXPECT_GE(retry, 30'000);
  EXPECT_LE(retry, 90'000);
  const std::string closed = IdOf(*a);
  a->socket().Close();
  EXPECT_TRUE(WaitFor([&] { return Closed(net::CloseReason::kClosed) == 1; }));

  // Ids and the rest: one of them is enough. Whoever is closed already is not counted again.
  request.Clear();
  request.add_ids(closed);
  request.add_ids(IdOf(*b));
  request.add_ids(IdOf(*b));
  request.add_ids("nobody");
  request.set_subject("bob");
  EXPECT_EQ(Close(request).value(), 2U);
  b->ReadToEnd();
  c->ReadToEnd();
  b->socket().Close();
  c->socket().Close();
  EXPECT_TRUE(WaitFor([&] { return Closed(net::CloseReason::kClosed) == 3; }));
}

TEST_F(LocalConnectionsTest, ManyAreClosedAtOnce) {
  std::vector<std::unique_ptr<Browser>> browsers;
  for (int i = 0; i < 300; ++i) browsers.push_back(Browse("s", i % 3 == 0 ? "a" : "b"));
  CloseConnectionsRequest request;
  request.set_filter("b");
  EXPECT_EQ(Close(request).value(), 200U);
  request.set_filter(">");
  EXPECT_EQ(Close(request).value(), 100U);
}

TEST_F(LocalConnectionsTest, AShardThatDoesNotAnswerMakesTheAnswerUnavailable) {
  const auto browser = Subscribe();
  std::promise<void> go;
  boost::asio::post(shards_[0]->io(), [&] { go.get_future().wait(); });
  std::vector<absl::StatusCode> codes;
  connections_->List({}, [&](const auto& answer) { codes.push_back(answer.status().code()); });
  CloseConnectionsRequest request;
  request.set_filter("x");
  connections_->Close(request,
                      [&](const auto& answer) { codes.push_back(answer.status().code()); });
  connections_->Get("test-shard-0-1",
                    [&](const auto& answer) { codes.push_back(answer.status().code()); });
  connections_->Tick(base::Now() + seconds(4));
  EXPECT_THAT(codes, IsEmpty());
  // The contract's five seconds, and the time that the questions took.
  connections_->Tick(base::Now() + milliseconds(5500));
  EXPECT_THAT(codes, ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable,
                                 absl::StatusCode::kUnavailable));
  go.set_value();
  EXPECT_TRUE(List({}).ok());
}

TEST_F(LocalConnectionsTest, QuestionsAreBounded) {
  std::promise<void> go;
  for (auto& shard : shards_) {
    boost::asio::post(shard->io(), [future = go.get_future().share()] { future.wait(); });
    break;
  }
  std::atomic<size_t> answered = 0;
  const auto ask = [&] {
    absl::StatusCode code = absl::StatusCode::kOk;
    connections_->Get("test-shard-0-1", [&](const auto& answer) {
      code = answer.status().code();
      ++answered;
    });
    return code;
  };
  std::vector<std::unique_ptr<absl::StatusCode>> later;
  for (size_t i = 0; i < LocalConnections::kMaxQuestions; ++i) {
    connections_->Get("test-shard-0-1", [&](const auto&) { ++answered; });
  }
  EXPECT_EQ(answered, 0U);
  EXPECT_EQ(ask(), absl::StatusCode::kResourceExhausted);
  go.set_value();
  ASSERT_TRUE(WaitFor([&] { return answered == LocalConnections::kMaxQuestions + 1; }));
  EXPECT_EQ(Get("test-shard-0-1").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace ssegw::connections
