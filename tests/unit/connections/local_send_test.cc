// Messages to single connections, with real shards and sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "internal/net/stream/message_mail.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/connections/asking.h"

namespace ssegw::connections {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::WaitFor;

class LocalSendTest : public LocalConnectionsTest {
 protected:
  absl::StatusCode Send(Message message) {
    const auto answer = std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> there = answer->get_future();
    connections_->Send(std::move(message),
                       [answer](const absl::Status& status) { answer->set_value(status); });
    EXPECT_EQ(there.wait_for(seconds(10)), std::future_status::ready);
    return there.get().code();
  }
  uint64_t Waiting() const {
    uint64_t bytes = 0;
    for (const auto& shard : shards_) bytes += shard->fanout_stats().send_queue_bytes.value();
    return bytes;
  }
  // Until its socket takes no more: messages that are answered when they are queued.
  void Fill(const std::string& id) {
    const std::string text(8'000, 'x');
    while (Send({.connection_id = id, .text = text, .answer_when_queued = true}) ==
           absl::StatusCode::kOk) {
    }
  }
};

TEST_F(LocalSendTest, AMessageReachesThatConnectionAlone) {
  const auto a = Subscribe();
  const auto b = Subscribe();
  EXPECT_EQ(Send({.connection_id = IdOf(*a), .text = "{\"n\":1}", .type = "note"}),
            absl::StatusCode::kOk);
  EXPECT_TRUE(a->ReadUntil("event: note\ndata: {\"n\":1}\n\n\r\n"));
  EXPECT_EQ(Send({.connection_id = IdOf(*a), .text = "one\r\ntwo\nthree\r"}),
            absl::StatusCode::kOk);
  EXPECT_TRUE(a->ReadUntil("\ndata: one\ndata: two\ndata: three\ndata: \n\n\r\n"));
  Publish("1");
  ASSERT_TRUE(b->ReadUntil("id: e-1\n"));
  EXPECT_THAT(b->received(), Not(HasSubstr("note")));
}

TEST_F(LocalSendTest, WhatMayNotBeSentIsRefused) {
  const auto browser = Subscribe();
  const std::string id = IdOf(*browser);
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(Send({.connection_id = id, .text = "1", .type = "gateway.bye"}), invalid);
  EXPECT_EQ(Send({.connection_id = id, .text = "1", .type = "a\nb"}), invalid);
  EXPECT_EQ(Send({.connection_id = id, .text = "\xFF"}), invalid);
  EXPECT_EQ(Send({.connection_id = id, .text = std::string(65'537, 'x')}), invalid);
  EXPECT_EQ(Send({.connection_id = id, .text = std::string(65'536, 'x')}), absl::StatusCode::kOk);
  EXPECT_EQ(Send({.connection_id = "test-shard-0-999", .text = "1"}), absl::StatusCode::kNotFound);
  EXPECT_EQ(Send({.connection_id = "nobody", .text = "1"}), absl::StatusCode::kNotFound);
}

TEST_F(LocalSendTest, ManyComeInTheirOrderFromManyThreads) {
  const auto browser = Subscribe();
  const std::string id = IdOf(*browser);
  constexpr int kThreads = 3;
  constexpr int kEach = 2'000;
  std::atomic<int> delivered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // Whoever sends faster than the socket takes it is refused, and sends again.
        std::atomic<int> answer = -1;
        do {
          answer = -1;
          connections_->Send({.connection_id = id, .text = base::Concat(t, ":", i)},
                             [&](const absl::Status& status) { answer = status.ok() ? 1 : 0; });
          while (answer < 0) std::this_thread::yield();
        } while (answer == 0);
        ++delivered;
      }
    });
  }
  std::thread reader([&] {
    for (int t = 0; t < kThreads; ++t) {
      EXPECT_TRUE(browser->ReadUntil(base::Concat("data: ", t, ":", kEach - 1, "\n")));
    }
  });
  for (std::thread& thread : threads) thread.join();
  reader.join();
  EXPECT_EQ(delivered, kThreads * kEach);
  for (int t = 0; t < kThreads; ++t) {
    size_t at = 0;
    for (int i = 0; i < kEach; ++i) {
      at = browser->received().find(base::Concat("data: ", t, ":", i, "\n"), at);
      ASSERT_NE(at, std::string::npos) << t << ":" << i;
    }
  }
}

TEST_F(LocalSendTest, AStuckBrowserCostsItsQueueAndADeadlineEmptiesIt) {
  const auto browser = Subscribe();
  const std::string id = IdOf(*browser);
  Fill(id);
  EXPECT_GT(Waiting(), 32U * 1024);
  EXPECT_LE(Waiting(), 64U * 1024);
  const base::TimePoint begin = base::Now();
  EXPECT_EQ(Send({.connection_id = id, .text = "late", .deadline = begin + milliseconds(150)}),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(base::Now(), begin + milliseconds(150));
  EXPECT_LE(base::Now(), begin + seconds(2));
  // It goes on when the browser does.
  EXPECT_TRUE(browser->ReadBytes(browser->received().size() + 64 * 1024));
  ASSERT_TRUE(WaitFor([&] {
    browser->ReadSome();
    return Waiting() == 0;
  }));
  EXPECT_EQ(Send({.connection_id = id, .text = "the end"}), absl::StatusCode::kOk);
  EXPECT_TRUE(browser->ReadUntil("data: the end\n"));
  EXPECT_THAT(browser->received(), Not(HasSubstr("late")));
}

TEST_F(LocalSendTest, OneThatClosesBeforeItHasTakenItIsNotFound) {
  auto browser = Subscribe();
  const std::string id = IdOf(*browser);
  Fill(id);
  std::promise<absl::Status> answer;
  connections_->Send({.connection_id = id, .text = "1"},
                     [&](const absl::Status& status) { answer.set_value(status); });
  browser = nullptr;
  EXPECT_EQ(answer.get_future().get().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(WaitFor([&] { return Waiting() == 0; }));
}

TEST_F(LocalSendTest, WhatAStuckShardHasYetToTakeIsBounded) {
  const auto browser = Subscribe();
  const std::string id = IdOf(*browser);
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  for (auto& shard : shards_) boost::asio::post(shard->io(), [gone] { gone.wait(); });
  std::atomic<size_t> full = 0;
  std::atomic<size_t> answered = 0;
  const std::string text(60'000, 'x');
  constexpr size_t kSent = 300;
  static_assert(kSent * 60'000 > 2 * net::MessageMail::kMaxBytes);
  for (size_t i = 0; i < kSent; ++i) {
    connections_->Send({.connection_id = id, .text = text}, [&](const absl::Status& status) {
      if (absl::IsResourceExhausted(status)) ++full;
      ++answered;
    });
  }
  EXPECT_GE(full, kSent - net::MessageMail::kMaxBytes / text.size() - 1);
  go.set_value();
  const bool all = WaitFor([&] {
    if (browser->IsReadableWithin(milliseconds(1))) browser->ReadSome();
    return answered == kSent;
  });
  EXPECT_TRUE(all) << answered;
}

}  // namespace
}  // namespace ssegw::connections
