#include "gateway/http/head_waits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/http/public_service.h"
#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

using namespace std::chrono_literals;

TEST(HeadWaitsTest, CallsEachOnceWhenTheLogHasReachedIt) {
  HeadWaits waits;
  int near = 0;
  int far = 0;
  const base::TimePoint now = base::Now();
  waits.Add({.seq = 5, .epoch_number = 1, .enough_at = now + 1s, .until = now + 9s, .ready = [&] {
               ++near;
             }});
  waits.Add({.seq = 9, .epoch_number = 1, .enough_at = now + 1s, .until = now + 9s, .ready = [&] {
               ++far;
             }});
  waits.Tick({.epoch = "e", .epoch_number = 1, .seq = 4}, now, true);
  EXPECT_EQ(near, 0);
  for (int i = 0; i < 2; ++i) waits.Tick({.epoch = "e", .epoch_number = 1, .seq = 5}, now, true);
  EXPECT_EQ(near, 1);
  EXPECT_EQ(far, 0);
  waits.Tick({.epoch = "e", .epoch_number = 2, .seq = 1}, now, true);
  EXPECT_EQ(far, 1) << "in another log there is nothing to wait for";
}

TEST(HeadWaitsTest, ForgetsThoseWhoseTimeIsOver) {
  HeadWaits waits;
  int called = 0;
  const base::TimePoint now = base::Now();
  waits.Add({.seq = 5, .epoch_number = 1, .enough_at = now + 1s, .until = now + 9s, .ready = [&] {
               ++called;
             }});
  waits.Tick({.epoch = "e", .epoch_number = 1, .seq = 4}, now + 9s, false);
  waits.Tick({.epoch = "e", .epoch_number = 1, .seq = 5}, now + 9s, true);
  EXPECT_EQ(called, 0);
}

TEST(HeadWaitsTest, WaitsLongerWhileTheLogIsAway) {
  HeadWaits waits;
  int called = 0;
  const base::TimePoint now = base::Now();
  waits.Add({.seq = 5, .epoch_number = 1, .enough_at = now + 1s, .until = now + 9s, .ready = [&] {
               ++called;
             }});
  const window::Position behind{.epoch = "e", .epoch_number = 1, .seq = 4};
  waits.Tick(behind, now + 500ms, true);
  waits.Tick(behind, now + 5s, false);
  EXPECT_EQ(called, 0);
  waits.Tick(behind, now + 5s, true);
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
  service.Tick(base::Now(), /*log_is_there=*/true);
  EXPECT_FALSE(ready);
  Append();
  service.Tick(base::Now(), /*log_is_there=*/true);
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
