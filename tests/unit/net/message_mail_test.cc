// Messages from many threads to connections that come and go: what ThreadSanitizer is to look at.
#include "internal/net/stream/message_mail.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "internal/sse/control.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/shard_fixture.h"

namespace ssegw::net {
namespace {

using fanout::MessageFate;
using testing::WaitFor;

class MessageMailTest : public ShardThreadTest {
 protected:
  void Send(size_t shard, uint64_t number, const std::string& text) {
    ++sent_;
    shards_[shard]->Send(number, {.text = sse::Event("m", text), .done = [this](MessageFate fate) {
                                    ++ended_;
                                    if (fate == MessageFate::kDelivered) ++delivered_;
                                  }});
  }

  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> ended_ = 0;
  std::atomic<uint64_t> delivered_ = 0;
};

TEST_F(MessageMailTest, EachHasOneEndWhileConnectionsComeAndGo) {
  Start({});
  constexpr int kThreads = 3;
  constexpr uint64_t kEach = 3'000;
  std::atomic<bool> over = false;
  std::thread browsers([&] {
    while (!over) {
      std::vector<std::unique_ptr<Client>> clients;
      for (int i = 0; i < 4; ++i) clients.push_back(Subscribe());
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> senders;
  for (int t = 0; t < kThreads; ++t) {
    senders.emplace_back([&] {
      for (uint64_t i = 0; i < kEach; ++i) Send(i % 2, 1 + i / 50, "x");
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_TRUE(WaitFor([&] { return ended_ == kThreads * kEach; }));
  over = true;
  browsers.join();
  uint64_t waiting = 0;
  uint64_t ends = 0;
  for (const auto& shard : shards_) {
    waiting += shard->fanout_stats().send_queue_bytes.value();
    for (const auto& fate : shard->fanout_stats().messages) ends += fate.value();
  }
  EXPECT_EQ(waiting, 0U);
  EXPECT_EQ(ends, kThreads * kEach);
}

TEST_F(MessageMailTest, ABurstFromOneThreadComesInItsOrder) {
  Start({});
  const auto client = Subscribe();
  ConnectionInfo info = Slowest(10).at(0);
  const size_t shard = info.id.starts_with(shards_[0]->connection_id_prefix()) ? 0 : 1;
  const uint64_t number =
      std::stoull(info.id.substr(shards_[shard]->connection_id_prefix().size()));
  std::thread reader([&] { EXPECT_TRUE(client->ReadUntil("data: 999\n")); });
  for (int i = 0; i < 1000; ++i) Send(shard, number, base::Concat(i));
  reader.join();
  ASSERT_TRUE(WaitFor([&] { return ended_ == 1000; }));
  EXPECT_EQ(delivered_, 1000U);
  size_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    at = client->received().find(base::Concat("data: ", i, "\n"), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(MessageMailTest, WhatIsLeftAtTheEndHearsOfIt) {
  Start({});
  std::vector<MessageFate> fates;
  {
    ShardThread shard("shard-2", "test", window_, *admission_, {});
    shard.Stop();
    shard.Send(1, {.text = "x", .done = [&](MessageFate fate) { fates.push_back(fate); }});
    EXPECT_TRUE(fates.empty());
  }
  EXPECT_EQ(fates, std::vector<MessageFate>{MessageFate::kGone});
}

}  // namespace
}  // namespace ssegw::net
