#include "gateway/connections/shared_demand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ssegw::connections {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

window::Filter FilterOf(std::string_view text) { return *window::Filter::Parse(text); }

struct Gateway;
using Gateways = std::map<std::string, std::unique_ptr<Gateway>>;

// What one gateway sees of the others: what it tells arrives at once, or is lost.
class NetworkPeers final : public peers::Peers {
 public:
  NetworkPeers(Gateways& gateways, std::string name)
      : gateways_(gateways), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  bool reachable() const override { return true; }
  std::vector<std::string> others() const override { return {}; }
  void Ask(std::string_view /*peer*/, std::string_view /*kind*/, std::string /*data*/,
           base::Duration /*timeout*/, peers::OnAnswer /*done*/) override {}
  void Tell(std::string_view kind, std::string data) override;

  size_t lose_next = 0;
  size_t messages = 0;
  base::TimePoint now{std::chrono::hours(1)};

 private:
  Gateways& gateways_;
  const std::string name_;
};

struct Gateway {
  Gateway(Gateways& gateways, const std::string& name) : peers(gateways, name) {}

  void Change(std::string_view filter, int64_t by, base::Duration min_interval = {}) {
    const window::Filters filters({FilterOf(filter)});
    demand.Change(filters, min_interval, by);
    shared.Change(filters, min_interval, by);
  }
  void Watch(std::string_view filter) {
    watch = *demand.Begin({FilterOf(filter)}, [] {});
  }
  // As a publisher knows it by now.
  uint64_t Level() {
    while (const auto next = watch->Next(peers.now += seconds(1))) level = *next;
    return level.connections;
  }

  NetworkPeers peers;
  Demand demand;
  SharedDemand shared{demand, peers};
  std::unique_ptr<Demand::Watch> watch;
  DemandLevel level;
};

void NetworkPeers::Tell(std::string_view kind, std::string data) {
  ++messages;
  if (lose_next > 0) {
    --lose_next;
    return;
  }
  for (const auto& [name, gateway] : gateways_) {
    if (name != name_) gateway->shared.OnNews(name_, kind, data, gateway->peers.now);
  }
}

class SharedDemandTest : public ::testing::Test {
 protected:
  Gateway& Join(const std::string& name) {
    return *(gateways_[name] = std::make_unique<Gateway>(gateways_, name));
  }
  void Run(base::Duration duration) {
    for (base::Duration passed{0}; passed < duration; passed += milliseconds(100)) {
      for (const auto& [name, gateway] : gateways_) {
        gateway->peers.now = now_;
        gateway->shared.Tick(now_);
        gateway->demand.Tick(now_);
      }
      now_ += milliseconds(100);
    }
  }

  Gateways gateways_;
  base::TimePoint now_{std::chrono::hours(1)};
  Gateway& a_ = Join("a");
  Gateway& b_ = Join("b");
};

TEST_F(SharedDemandTest, NobodyTellsBeforeSomebodyWatches) {
  a_.Change("t.a", 3);
  Run(seconds(5));
  EXPECT_EQ(a_.peers.messages, 0U);
}

TEST_F(SharedDemandTest, CountsAreOfAll) {
  a_.Change("t.a", 3);
  b_.Change("t.>", 2);
  b_.Watch("t.*");
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 5U);
  a_.Change("t.b", 1);
  a_.Change("t.a", -1);
  a_.Change("other", 7);
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 5U);
  a_.Change("t.b", -1);
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 4U);
}

TEST_F(SharedDemandTest, ARateIsThatOfAll) {
  b_.Change("t.a", 1, milliseconds(100));
  a_.Change("t.a", 1, milliseconds(500));
  b_.Watch("t.a");
  Run(seconds(1));
  b_.Level();
  EXPECT_EQ(b_.level.max_rate, 10);
  a_.Change("t.a", 1);
  Run(seconds(1));
  b_.Level();
  EXPECT_EQ(b_.level.max_rate, 0);
}

TEST_F(SharedDemandTest, OneThatIsGoneHasNoConnections) {
  a_.Change("t.a", 3);
  b_.Watch("t.a");
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 3U);
  b_.shared.OnPeerGone("a");
  Run(milliseconds(200));
  EXPECT_EQ(b_.Level(), 0U);
}

TEST_F(SharedDemandTest, WhatIsLostIsToldAgain) {
  a_.Change("t.a", 3);
  b_.Watch("t.>");
  Run(seconds(1));
  a_.Change("t.a", -3);
  a_.peers.lose_next = 1;
  Run(milliseconds(100));
  EXPECT_EQ(b_.Level(), 3U) << "nothing has come";
  Run(seconds(3));
  EXPECT_EQ(b_.Level(), 0U);
}

TEST_F(SharedDemandTest, ThousandsOfFiltersTakeSeveralMessages) {
  for (int i = 0; i < 5000; ++i) a_.Change("t.n" + std::to_string(i), 1);
  b_.Watch("t.>");
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 5000U);
  for (int i = 0; i < 5000; ++i) a_.Change("t.n" + std::to_string(i), -1);
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 0U);
}

TEST_F(SharedDemandTest, OneThatComesLaterIsToldAllToo) {
  a_.Change("t.a", 3);
  b_.Watch("t.a");
  Run(seconds(2));
  a_.Change("t.b", 1);
  Run(seconds(2));
  Gateway& c = Join("c");
  c.Watch("t.>");
  Run(seconds(2));
  a_.Change("t.c", 1);
  Run(seconds(2));
  EXPECT_EQ(c.Level(), 5U);
  EXPECT_EQ(b_.Level(), 3U);
}

TEST_F(SharedDemandTest, NobodyTellsWhenNobodyWatchesAnyMore) {
  a_.Change("t.a", 3);
  b_.Watch("t.a");
  Run(seconds(2));
  b_.watch.reset();
  Run(seconds(5));
  const size_t messages = a_.peers.messages;
  a_.Change("t.a", 1);
  Run(seconds(5));
  EXPECT_EQ(a_.peers.messages, messages);
  b_.Watch("t.a");
  Run(seconds(5));
  EXPECT_EQ(b_.Level(), 4U);
}

TEST_F(SharedDemandTest, NothingThatComesIsTrusted) {
  b_.Watch("t.a");
  Run(seconds(1));
  EXPECT_TRUE(b_.shared.OnNews("x", SharedDemand::kRows, "\xff\xff", now_));
  ssegateway::peers::v1::DemandRows rows;
  rows.set_number(1);
  rows.set_begins(true);
  rows.add_rows()->set_filters("no filter..");
  rows.mutable_rows(0)->set_connections(1);
  EXPECT_TRUE(b_.shared.OnNews("x", SharedDemand::kRows, rows.SerializeAsString(), now_));
  EXPECT_FALSE(b_.shared.OnNews("x", "other", "", now_));
  Run(seconds(1));
  EXPECT_EQ(b_.Level(), 0U);
}

}  // namespace
}  // namespace ssegw::connections
