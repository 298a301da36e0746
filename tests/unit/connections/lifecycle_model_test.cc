// Browsers that come, break off, come back before or after that is noticed, and look like one
// another, in random order: whoever follows what is told knows in the end what is open.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gateway/connections/lifecycle.h"
#include "internal/base/concat.h"
#include "internal/net/shard/net_stats.h"
#include "tests/unit/connections/told.h"

namespace ssegw::connections {
namespace {

using ssegateway::v1::Connection;

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) { next_ = *lifecycle_.Watch(""); }

  void Step() {
    now_ += std::chrono::milliseconds(Below(400));
    head_ += Below(3);
    switch (Below(6)) {
      case 0:
        Open("");
        break;
      case 1:
      case 2:
        Reconnect();
        break;
      case 3:
        Notice(net::CloseReason::kPeerClosed);
        break;
      case 4:
        if (Below(10) == 0) Notice(net::CloseReason::kClosed);
        break;
      case 5:
        lifecycle_.Tick(now_);
        break;
    }
    Follow();
  }

  void Settle() {
    now_ += std::chrono::minutes(10);
    lifecycle_.Tick(now_);
    Follow();
  }

  std::set<std::string> Open() const {
    std::set<std::string> open;
    for (const Connection& connection : open_) open.insert(connection.id());
    return open;
  }
  const std::set<std::string>& followed() const { return followed_; }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }

  void Open(const std::string& last_event_id) {
    Connection connection;
    connection.set_id(base::Concat("c", ++opened_));
    connection.set_address(base::Concat("192.0.2.", Below(3)));
    open_.push_back(connection);
    lifecycle_.Opened(connection, last_event_id, now_);
  }

  // Some browser comes back, whether its end has been noticed or not.
  void Reconnect() { Open(base::Concat("epoch1-", head_ - std::min<uint64_t>(head_, Below(5)))); }

  void Notice(net::CloseReason reason) {
    if (open_.empty()) return;
    const size_t which = Below(open_.size());
    Connection connection = open_[which];
    open_.erase(open_.begin() + static_cast<ptrdiff_t>(which));
    if (Below(8) > 0) connection.set_cursor(base::Concat("epoch1-", head_));
    lifecycle_.Closed(connection, net::ToString(reason), now_);
  }

  void Follow() {
    for (const auto& response : ReadFrom(lifecycle_.log(), next_)) {
      if (response.has_opened()) {
        followed_.insert(response.opened().connection().id());
      } else if (response.has_closed()) {
        EXPECT_EQ(followed_.erase(response.closed().connection().id()), 1U) << TextOf(response);
      } else {
        EXPECT_EQ(followed_.erase(response.resumed().previous_id()), 1U) << TextOf(response);
        followed_.insert(response.resumed().connection().id());
      }
    }
  }

  std::mt19937_64 random_;
  Lifecycle lifecycle_{{.replica = "r1"}};
  base::TimePoint now_{std::chrono::seconds(1000)};
  uint64_t head_ = 1;
  int opened_ = 0;
  std::vector<Connection> open_;
  uint64_t next_ = 1;
  std::set<std::string> followed_;
};

TEST(LifecycleModelTest, WhoeverFollowsKnowsWhatIsOpen) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int i = 0; i < 300; ++i) {
      model.Step();
      // From time to time nothing happens for long.
      if (i % 50 == 49) {
        model.Settle();
        ASSERT_EQ(model.followed(), model.Open());
      }
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ssegw::connections
