#include "gateway/http/head_waits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/http/public_service.h"
#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

using namespace std::chrono_literals;

class HeadWaitsTest : public testing::Test {
 protected:
  // For a seq of epoch 1; returns how often it was called.
  const int& Add(uint64_t seq) {
    int& called = called_.emplace_back(0);
    waits_.Add({.seq = seq,
                .epoch_number = 1,
                .ask_after = start_ + 500ms,
                .enough_at = start_ + 1s,
                .until = start_ + 9s,
                .ready = [&called] { ++called; }});
    return called;
  }
  // end: where the log ended when it was asked then.
  void Tick(uint64_t seq, base::Duration after, uint64_t end, base::Duration asked_after) {
    waits_.Tick({.epoch = "e", .epoch_number = 1, .seq = seq}, start_ + after,
                {.seq = end, .asked_at = start_ + asked_after});
  }

  const base::TimePoint start_ = base::Now();
  std::list<int> called_;
  HeadWaits waits_;
};

TEST_F(HeadWaitsTest, CallsEachOnceWhenTheLogHasReachedIt) {
  const int& near = Add(5);
  const int& far = Add(9);
  Tick(4, 0s, 4, -1s);
  EXPECT_EQ(near, 0);
  for (int i = 0; i < 2; ++i) Tick(5, 100ms, 5, -1s);
  EXPECT_EQ(near, 1);
  EXPECT_EQ(far, 0);
  waits_.Tick({.epoch = "f", .epoch_number = 2, .seq = 1}, start_, {});
  EXPECT_EQ(far, 1) << "in another log there is nothing to wait for";
}

TEST_F(HeadWaitsTest, ForgetsThoseWhoseTimeIsOver) {
  const int& called = Add(5);
  Tick(4, 9s, 4, -1s);
  Tick(5, 9s, 5, 9s);
  EXPECT_EQ(called, 0);
}

TEST_F(HeadWaitsTest, IsOverWhenTheLogDoesNotHaveIt) {
  const int& called = Add(5);
  Tick(4, 900ms, 4, 800ms);
  EXPECT_EQ(called, 0) << "it may have been asked too early: somebody appends to it";
  Tick(4, 1s, 4, 800ms);
  EXPECT_EQ(called, 1);
}

TEST_F(HeadWaitsTest, WaitsLongerWhileTheLogDoesNotAnswer) {
  const int& called = Add(5);
  Tick(4, 5s, 4, 500ms);
  EXPECT_EQ(called, 0);
  Tick(4, 6s, 4, 5s);
  EXPECT_EQ(called, 1);
}

TEST_F(HeadWaitsTest, WaitsForWhatTheLogHas) {
  const int& called = Add(5);
  Tick(4, 5s, 5, 5s);
  EXPECT_EQ(called, 0);
  Tick(5, 6s, 5, 5s);
  EXPECT_EQ(called, 1);
}

// /v1/events with an id that the log has not reached.
class IdAheadTest : public testing::Test {
 protected:
  net::HttpReply Ask(PublicService& service, std::string_view id) {
    target_ = base::Concat("/v1/events?lastEventId=", id);
    return service.Handle({.method = "GET",
                           .target = target_,
                           .fields = {},
                           .peer_address = "192.0.2.1",
                           .connection_id = "c",
                           .host = "gateway.example",
                           .request_id = "c"});
  }
  void Append() { window_.Append(sse::Frame::Create({.topic = "t", .key = "k", .json = "1"})); }

  std::string target_;
  window::Window window_{"e", {}};
  HttpStats stats_;
};

TEST_F(IdAheadTest, BeginsWhenTheLogHasReachedIt) {
  PublicService service(window_, {.id_patience = 1s, .id_patience_away = 9s}, stats_);
  Append();
  net::HttpReply reply = Ask(service, "e-2");
  auto* const later = std::get_if<net::HttpLater>(&reply);
  ASSERT_NE(later, nullptr);
  EXPECT_EQ(later->patience, 9s) << "then the id is unknown";
  bool ready = false;
  later->start([&] { ready = true; });
  service.Tick(base::Now(), {});
  EXPECT_FALSE(ready);
  Append();
  service.Tick(base::Now(), {});
  EXPECT_TRUE(ready);
  const net::HttpReply answer = later->finish();
  const auto& stream = std::get<net::HttpStream>(answer);
  EXPECT_EQ(stream.subscription.last_event_id, "e-2");
  EXPECT_EQ(stream.address, "192.0.2.1");
}

TEST_F(IdAheadTest, NothingElseWaits) {
  PublicService service(window_, {.id_patience = 1s}, stats_);
  Append();
  for (const std::string_view id : {"", "e-0", "e-1", "f-2", "no-id-at-all", "2"}) {
    EXPECT_TRUE(std::holds_alternative<net::HttpStream>(Ask(service, id))) << id;
  }
}

TEST_F(IdAheadTest, WithoutPatienceItIsUnknownAtOnce) {
  PublicService service(window_, {}, stats_);
  EXPECT_TRUE(std::holds_alternative<net::HttpStream>(Ask(service, "e-2")));
}

}  // namespace
}  // namespace ssegw::http
