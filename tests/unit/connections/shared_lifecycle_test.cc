#include "gateway/connections/shared_lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {
namespace {

using ssegateway::v1::Connection;
using ssegateway::v1::WatchConnectionsResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

class Network;

// What one gateway sees of the others of a network.
class NetworkPeers final : public peers::Peers {
 public:
  NetworkPeers(Network& network, std::string name) : network_(network), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  bool reachable() const override { return is_reachable; }
  std::vector<std::string> others() const override { return {}; }
  void Ask(std::string_view peer, std::string_view kind, std::string data, base::Duration timeout,
           peers::OnAnswer done) override;
  void Tell(std::string_view kind, std::string data) override;

  bool is_reachable = true;

 private:
  Network& network_;
  const std::string name_;
};

struct Gateway {
  Gateway(Network& network, const std::string& name)
      : peers(network, name),
        lifecycle({.replica = name}),
        shared(lifecycle, peers, [] { return std::string("e-99"); }) {}

  Connection Open(const std::string& id, base::TimePoint now, std::string_view last = "") {
    Connection connection;
    connection.set_id(id);
    connection.set_replica(peers.name());
    connection.set_user_agent("browser of " + id.substr(id.find('/') + 1));
    connection.set_cursor("e-5");
    lifecycle.Opened(connection, last, now);
    shared.Opened(connection, last);
    return connection;
  }
  void Close(const Connection& connection, base::TimePoint now, std::string_view reason = "x") {
    lifecycle.Closed(connection, reason, now);
    shared.Closed(connection, reason);
  }
  // What a watcher has been told since the last call: "+id", "-id reason", "id>id".
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (; const auto event = *lifecycle.log().Read(read); ++read) {
      WatchConnectionsResponse response;
      EXPECT_TRUE(response.ParseFromString(*event));
      if (response.has_opened()) told.push_back("+" + response.opened().connection().id());
      if (response.has_closed()) {
        told.push_back("-" + response.closed().connection().id() + " " +
                       response.closed().reason());
      }
      if (response.has_resumed()) {
        told.push_back(response.resumed().previous_id() + ">" +
                       response.resumed().connection().id());
      }
    }
    return told;
  }

  NetworkPeers peers;
  Lifecycle lifecycle;
  SharedLifecycle shared;
  uint64_t read = 1;
};

class Network {
 public:
  Gateway& Join(const std::string& name) {
    Gateway& gateway = *(gateways_[name] = std::make_unique<Gateway>(*this, name));
    for (const auto& [other, there] : gateways_) {
      if (other == name) continue;
      there->shared.OnPeer(name, now);
      gateway.shared.OnPeer(other, now);
    }
    return gateway;
  }
  // Told by nobody, as after SIGKILL.
  void Kill(const std::string& name) {
    gateways_.erase(name);
    for (const auto& [other, there] : gateways_) there->shared.OnPeerGone(name, now);
  }
  void Run(base::Duration duration) {
    for (const base::TimePoint end = now + duration; now < end;) {
      now += milliseconds(100);
      for (const auto& [name, gateway] : gateways_) {
        gateway->lifecycle.Tick(now);
        gateway->shared.Tick(now);
      }
    }
  }
  void Tell(const std::string& from, std::string_view kind, const std::string& data) {
    if (lose_next > 0) {
      --lose_next;
      return;
    }
    for (const auto& [name, gateway] : gateways_) {
      if (name != from && !cut_off.contains(name) && !cut_off.contains(from)) {
        gateway->shared.OnNews(from, kind, data, now);
      }
    }
  }
  void Ask(std::string_view peer, std::string_view kind, const std::string& data,
           peers::OnAnswer done) {
    const auto at = gateways_.find(std::string(peer));
    if (at == gateways_.end()) return std::move(done)(absl::NotFoundError("no such gateway"));
    if (!at->second->shared.OnQuestion(kind, data, done)) ADD_FAILURE() << kind;
  }

  base::TimePoint now = kStart;
  size_t lose_next = 0;
  std::set<std::string> cut_off;

 private:
  std::map<std::string, std::unique_ptr<Gateway>> gateways_;
};

void NetworkPeers::Ask(std::string_view peer, std::string_view kind, std::string data,
                       base::Duration /*timeout*/, peers::OnAnswer done) {
  network_.Ask(peer, kind, data, std::move(done));
}

void NetworkPeers::Tell(std::string_view kind, std::string data) {
  network_.Tell(name_, kind, data);
}

class SharedLifecycleTest : public ::testing::Test {
 protected:
  Network network_;
  Gateway& a_ = network_.Join("a");
  Gateway& b_ = network_.Join("b");

  base::TimePoint now() const { return network_.now; }
  void WatchAt(Gateway& gateway) {
    ASSERT_TRUE(gateway.lifecycle.Watch({}).ok());
    network_.Run(seconds(2));
  }
};

TEST_F(SharedLifecycleTest, TellsNothingBeforeSomebodyWatches) {
  a_.Open("a/1", now());
  network_.Run(seconds(10));
  EXPECT_FALSE(b_.lifecycle.wanted());
  EXPECT_EQ(a_.shared.memory_bytes(), 0U);
}

TEST_F(SharedLifecycleTest, OneThatWatchesIsToldOfAll) {
  WatchAt(b_);
  const Connection one = a_.Open("a/1", now());
  b_.Open("b/2", now());
  network_.Run(seconds(1));
  EXPECT_THAT(b_.Told(), ElementsAre("+b/2", "+a/1"));
  a_.Close(one, now(), "peer_closed");
  network_.Run(seconds(10));
  EXPECT_THAT(b_.Told(), ElementsAre("-a/1 peer_closed"));
  EXPECT_THAT(a_.Told(), ElementsAre("+a/1", "+b/2", "-a/1 peer_closed"));
}

TEST_F(SharedLifecycleTest, ABrowserThatGoesToAnotherGatewayResumes) {
  WatchAt(b_);
  const Connection one = a_.Open("a/1", now());
  network_.Run(seconds(1));
  a_.Close(one, now());
  network_.Run(seconds(1));
  b_.Open("b/1", now(), "e-5");
  network_.Run(seconds(10));
  EXPECT_THAT(b_.Told(), ElementsAre("+a/1", "a/1>b/1"));
  EXPECT_THAT(a_.Told(), ElementsAre("+a/1", "a/1>b/1"));
}

TEST_F(SharedLifecycleTest, WhatWasMissedIsAskedFor) {
  WatchAt(b_);
  for (int i = 0; i < 500; ++i) {
    a_.Open("a/" + std::to_string(i), now());
    if (i % 50 == 0) network_.lose_next = 1;
    network_.Run(milliseconds(100));
  }
  network_.Run(seconds(3));
  std::vector<std::string> told = b_.Told();
  EXPECT_THAT(told, SizeIs(500));
  EXPECT_EQ(told, a_.Told());
}

TEST_F(SharedLifecycleTest, OneThatComesLaterIsToldWhatIsKept) {
  WatchAt(a_);
  for (int i = 0; i < 3000; ++i) a_.Open("a/" + std::to_string(i), now());
  network_.Run(seconds(2));
  Gateway& c = network_.Join("c");
  network_.Run(seconds(3));
  EXPECT_THAT(c.Told(), SizeIs(3000));
}

TEST_F(SharedLifecycleTest, TheConnectionsOfADeadGatewayAreClosed) {
  WatchAt(b_);
  a_.Open("a/1", now());
  a_.Open("a/2", now());
  network_.Run(seconds(1));
  network_.Kill("a");
  network_.Run(seconds(1));
  // One of them comes back at another, with an id that it got after it had opened.
  b_.Open("b/1", now(), "e-42");
  network_.Run(seconds(10));
  EXPECT_THAT(b_.Told(), ElementsAre("+a/1", "+a/2", "a/1>b/1", "-a/2 gateway_gone"));
  EXPECT_GT(b_.shared.memory_bytes(), 0U);
  network_.Run(std::chrono::minutes(11));
  b_.Told();
}

TEST_F(SharedLifecycleTest, OneThatWasOutOfReachIsToldOfAgain) {
  WatchAt(b_);
  const Connection one = a_.Open("a/1", now());
  network_.Run(seconds(1));
  network_.cut_off = {"a"};
  b_.shared.OnPeerGone("a", now());
  network_.Run(seconds(10));
  EXPECT_THAT(b_.Told(), ElementsAre("+a/1", "-a/1 gateway_gone"));
  a_.Open("a/2", now());
  network_.cut_off = {};
  b_.shared.OnPeer("a", now());
  network_.Run(seconds(2));
  EXPECT_THAT(b_.Told(), ElementsAre("+a/1", "+a/2"));
  a_.Close(one, now(), "x");
  network_.Run(seconds(10));
  EXPECT_THAT(b_.Told(), ElementsAre("-a/1 x"));
}

TEST_F(SharedLifecycleTest, WhoIsAloneClosesNobodyElses) {
  WatchAt(b_);
  a_.Open("a/1", now());
  network_.Run(seconds(1));
  network_.cut_off = {"b"};
  b_.peers.is_reachable = false;
  b_.shared.OnPeerGone("a", now());
  network_.Run(seconds(60));
  EXPECT_THAT(b_.Told(), ElementsAre("+a/1"));
  network_.cut_off = {};
  b_.peers.is_reachable = true;
  network_.Run(seconds(1));
  b_.shared.OnPeer("a", now());
  network_.Run(seconds(20));
  EXPECT_THAT(b_.Told(), IsEmpty());
}

TEST_F(SharedLifecycleTest, WhoWasAloneWhileAnotherDiedFindsOut) {
  WatchAt(b_);
  a_.Open("a/1", now());
  network_.Run(seconds(1));
  b_.peers.is_reachable = false;
  network_.Kill("a");
  network_.Run(seconds(60));
  b_.peers.is_reachable = true;
  network_.Run(seconds(4));
  EXPECT_THAT(b_.Told(), ElementsAre("+a/1"));
  network_.Run(seconds(10));
  EXPECT_THAT(b_.Told(), ElementsAre("-a/1 gateway_gone"));
}

}  // namespace
}  // namespace ssegw::connections
