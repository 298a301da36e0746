#include "internal/peers/peer_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/testing/fake_nats.h"
#include "tests/testing/fake_nats_bus.h"

namespace ssegw::peers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

// A gateway with its own connection; all have one loop.
struct Gateway final : PeerListener {
  Gateway(nats::Loop& loop, testing::FakeNatsBus& to, const std::string& name) : bus(to) {
    bus.Add(nats);
    link.emplace(
        loop, nats, [](const std::function<void()>& run) { run(); }, *this,
        PeerLink::Options{.name = name, .prefix = "n.ops", .random_seed = 7});
    link->Start();
  }
  ~Gateway() {
    link.reset();
    bus.Remove(nats);
  }

  void OnQuestion(const std::string& kind, std::string data, OnAnswer answer) override {
    questions.push_back(kind + ":" + data);
    if (keeps_answers) {
      kept.push_back(std::move(answer));
    } else {
      std::move(answer)(next_answer);
    }
  }
  void OnNews(const std::string& from, const std::string& kind, std::string data) override {
    news.push_back(from + ":" + kind + ":" + data);
  }
  void OnPeer(const std::string& name) override { news.push_back("+" + name); }
  void OnPeerGone(const std::string& name) override { news.push_back("-" + name); }
  void OnReachable(bool reachable) override { is_reachable = reachable; }

  testing::FakeNatsBus& bus;
  testing::FakeNats nats;
  std::optional<PeerLink> link;
  bool is_reachable = false;
  bool keeps_answers = false;
  Answer next_answer = std::string("yes");
  std::vector<OnAnswer> kept;
  std::vector<std::string> questions;
  std::vector<std::string> news;
};

class PeerLinkTest : public ::testing::Test {
 protected:
  PeerLinkTest() { loop_.RunDue(now_); }

  std::unique_ptr<Gateway> Join(const std::string& name) {
    auto gateway = std::make_unique<Gateway>(loop_, bus_, name);
    Run();
    return gateway;
  }
  void Run(base::Duration duration = {}) {
    for (const base::TimePoint end = now_ + duration; now_ < end;) {
      loop_.RunDue(now_ += milliseconds(50));
    }
    loop_.RunDue(now_);
  }
  Answer Ask(Gateway& from, std::string_view peer, std::string_view data,
             base::Duration wait = {}) {
    Answer answer = absl::UnknownError("not answered");
    from.link->Ask(peer, "list", data, seconds(2),
                   [&](Answer value) { answer = std::move(value); });
    Run(wait);
    return answer;
  }

  testing::FakeNatsBus bus_;
  nats::Loop loop_;
  base::TimePoint now_ = kStart;
};

TEST_F(PeerLinkTest, KnowsWhoIsThereAtOnce) {
  const auto a = Join("a");
  EXPECT_THAT(a->link->others(), IsEmpty());
  const auto b = Join("b");
  const auto c = Join("c");
  EXPECT_THAT(a->link->others(), ElementsAre("b", "c"));
  EXPECT_THAT(b->link->others(), ElementsAre("a", "c"));
  EXPECT_THAT(c->link->others(), ElementsAre("a", "b"));
  EXPECT_THAT(a->news, ElementsAre("+b", "+c"));
}

TEST_F(PeerLinkTest, KnowsAtOnceWhoLeaves) {
  const auto a = Join("a");
  auto b = Join("b");
  b->link.reset();
  Run();
  EXPECT_THAT(a->link->others(), IsEmpty());
  EXPECT_THAT(a->news, ElementsAre("+b", "-b"));
}

TEST_F(PeerLinkTest, MissesAfterAWhileWhoIsSilent) {
  const auto a = Join("a");
  const auto b = Join("b");
  Run(seconds(10));
  EXPECT_THAT(a->link->others(), ElementsAre("b"));
  b->nats.Close("killed");
  b->nats.AnswerDials(absl::UnavailableError("no server"));
  Run(seconds(2));
  EXPECT_THAT(a->link->others(), ElementsAre("b"));
  Run(seconds(3));
  EXPECT_THAT(a->link->others(), IsEmpty());
  b->nats.AnswerDials(absl::OkStatus());
  Run(seconds(3));
  EXPECT_THAT(a->news, ElementsAre("+b", "-b", "+b"));
}

TEST_F(PeerLinkTest, KnowsNobodyWithoutAConnection) {
  const auto a = Join("a");
  const auto b = Join("b");
  a->nats.AnswerDials(absl::UnavailableError("no server"));
  a->nats.Close("lost");
  Run();
  EXPECT_THAT(a->link->others(), IsEmpty());
  EXPECT_THAT(a->news, ElementsAre("+b", "-b"));
  EXPECT_FALSE(a->is_reachable);
  EXPECT_TRUE(b->is_reachable);
  const Answer answer = Ask(*a, "b", "");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("no connection"));
}

TEST_F(PeerLinkTest, AsksOneOfThem) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto c = Join("c");
  EXPECT_EQ(*Ask(*a, "b", "which?"), "yes");
  EXPECT_THAT(b->questions, ElementsAre("list:which?"));
  EXPECT_THAT(c->questions, IsEmpty());
}

TEST_F(PeerLinkTest, AnAnswerMayBeAnError) {
  const auto a = Join("a");
  const auto b = Join("b");
  b->next_answer = absl::NotFoundError("no such thing");
  EXPECT_EQ(Ask(*a, "b", "").status(), absl::NotFoundError("no such thing"));
}

TEST_F(PeerLinkTest, AnAnswerMayComeLater) {
  const auto a = Join("a");
  const auto b = Join("b");
  b->keeps_answers = true;
  Answer answer = absl::UnknownError("not answered");
  a->link->Ask("b", "list", "", seconds(2), [&](Answer value) { answer = std::move(value); });
  Run(seconds(1));
  ASSERT_EQ(b->kept.size(), 1U);
  std::move(b->kept[0])(std::string("late"));
  Run();
  EXPECT_EQ(*answer, "late");
}

TEST_F(PeerLinkTest, WaitsNoLongerThanItWasTold) {
  const auto a = Join("a");
  const auto b = Join("b");
  b->keeps_answers = true;
  EXPECT_EQ(Ask(*a, "b", "", seconds(2)).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(PeerLinkTest, KnowsAtOnceThatNobodyHasThatName) {
  const auto a = Join("a");
  EXPECT_EQ(Ask(*a, "x", "").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(PeerLinkTest, AnAnswerThatIsTooLargeIsAnError) {
  const auto a = Join("a");
  const auto b = Join("b");
  b->next_answer = std::string(2 << 20, 'x');
  EXPECT_EQ(Ask(*a, "b", "").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Ask(*a, "b", std::string(2 << 20, 'x')).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(PeerLinkTest, TellsAllOthers) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto c = Join("c");
  a->link->Tell("demand", "1");
  a->link->Tell("demand", "2");
  Run();
  EXPECT_THAT(b->news, ElementsAre("+a", "+c", "a:demand:1", "a:demand:2"));
  EXPECT_THAT(c->news, ElementsAre("+a", "+b", "a:demand:1", "a:demand:2"));
  EXPECT_THAT(a->news, ElementsAre("+b", "+c"));
}

TEST_F(PeerLinkTest, WithoutThePermissionItIsAloneAndSaysSo) {
  bus_.Forbid("n.ops.");
  const auto a = Join("a");
  const auto b = Join("b");
  Run(seconds(5));
  EXPECT_THAT(a->link->others(), IsEmpty());
  EXPECT_FALSE(a->is_reachable);
  const Answer answer = Ask(*a, "b", "");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("may not publish and subscribe n.ops.>"));
}

TEST_F(PeerLinkTest, WhatIsOutEndsWithTheConnection) {
  const auto a = Join("a");
  const auto b = Join("b");
  b->keeps_answers = true;
  Answer answer = std::string();
  a->link->Ask("b", "list", "", seconds(2), [&](Answer value) { answer = std::move(value); });
  Run();
  a->nats.Close("lost");
  Run();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace ssegw::peers
