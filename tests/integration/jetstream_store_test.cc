// The store at real servers that die, freeze, and lose what they had.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/jetstream_replica.h"
#include "tests/testing/link_on_thread.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/wait_for.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::NatsCluster;
using testing::NatsServer;
using testing::WaitFor;

// Publishers that each have one event out, with and without a message id, until they are stopped.
class Load {
 public:
  Load(std::vector<Replica*> replicas, size_t publishers) {
    for (size_t i = 0; i < publishers; ++i) {
      threads_.emplace_back([this, i, replica = replicas[i % replicas.size()]] {
        for (size_t n = 0; !stop_; ++n) {
          const std::string json = base::Concat("\"", i, "-", n, "\"");
          Count(i, n,
                replica->Publish(base::Concat("t.", i, ".", n % 5), json, i % 2 == 0 ? json : "")
                    .get());
        }
      });
    }
  }
  ~Load() { Stop(); }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  size_t acked() const {
    const base::MutexLock lock(mutex_);
    return acked_.size();
  }
  // Everything that was acknowledged comes to the replica under its id; what is there is there
  // once, and each publisher's in its order.
  void ExpectAllIn(const Replica& replica) const {
    const base::MutexLock lock(mutex_);
    ASSERT_TRUE(WaitFor([&] { return replica.head() >= last_seq_; }));
    std::map<std::string, std::string> id_by_json;
    std::map<size_t, size_t> next;
    for (const sse::FramePtr& frame : replica.Appended()) {
      const std::string json(frame->json());
      EXPECT_TRUE(id_by_json.emplace(json, frame->id()).second) << json << " is there twice";
      const size_t publisher = std::stoul(json.substr(1));
      const size_t number = std::stoul(json.substr(json.find('-') + 1));
      EXPECT_GE(number, next[publisher]) << json << " is out of order";
      next[publisher] = number + 1;
    }
    for (const auto& [json, id] : acked_) EXPECT_EQ(id_by_json[json], id) << json;
    EXPECT_EQ(failed_, 0U);
  }

 private:
  void Count(size_t publisher, size_t number, const AppendResult& result) {
    const base::MutexLock lock(mutex_);
    if (result.ok()) {
      acked_[base::Concat("\"", publisher, "-", number, "\"")] = result->id;
      last_seq_ =
          std::max<uint64_t>(last_seq_, std::stoull(result->id.substr(result->id.find('-') + 1)));
    } else {
      ++failed_;
      ADD_FAILURE() << result.status();
    }
  }

  std::atomic<bool> stop_{false};
  mutable base::Mutex mutex_;
  std::map<std::string, std::string> acked_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_seq_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

// What a server says of a stream; empty: nobody has answered.
StreamInfo InfoOf(std::vector<std::string> servers, const std::string& stream) {
  struct Listener final : nats::LinkListener {
    void OnMessage(nats::SubscriptionId /*id*/, nats::Message message) override {
      answer.set_value(std::string(message.data()));
    }
    void OnRefused(std::string_view /*text*/) override {}
    void OnClosed(std::string_view /*reason*/) override {}
    std::promise<std::string> answer;
  } listener;
  nats::LibnatsDialer dialer({.servers = std::move(servers)});
  auto dialled = dialer.Dial(listener);
  if (!dialled.ok()) return {};
  testing::LinkOnThread link(*std::move(dialled));
  if (!link.Subscribe(1, "_INBOX.info").ok() ||
      !link.Publish({.subject = StreamInfoSubject(stream), .reply = "_INBOX.info"}).ok()) {
    return {};
  }
  std::future<std::string> answer = listener.answer.get_future();
  if (answer.wait_for(seconds(10)) != std::future_status::ready) return {};
  return ParseStreamInfo(answer.get()).value;
}

class JetStreamStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  }
  // Within 5 s of the moment when all of them are connected again.
  static void ExpectAnotherEpoch(const std::vector<const Replica*>& replicas,
                                 const std::string& before) {
    const auto all = [&](const auto& has) {
      return WaitFor([&] {
        return std::all_of(replicas.begin(), replicas.end(),
                           [&](const Replica* r) { return has(*r); });
      });
    };
    ASSERT_TRUE(all([](const Replica& r) { return r.stats().connected.value() == 1; }));
    const base::TimePoint back = base::Now();
    ASSERT_TRUE(all([&](const Replica& r) {
      return r.up() && r.epoch() != before && r.epoch() == replicas.front()->epoch();
    }));
    EXPECT_LE(base::Now() - back, seconds(5));
  }
  static bool AwaitDisconnected(const Replica& replica) {
    return WaitFor([&] { return replica.stats().connected.value() == 0; });
  }
  static void ExpectAlike(const Replica& a, const Replica& b) {
    ASSERT_TRUE(WaitFor([&] { return a.head() == b.head() && a.epoch() == b.epoch(); }));
    EXPECT_EQ(a.Snapshot(), b.Snapshot());
  }
};

TEST_F(JetStreamStoreTest, TwoReplicasHaveOneLog) {
  NatsServer server;
  Replica a({server.address()});
  Replica b({server.address()});
  ASSERT_TRUE(WaitFor([&] { return a.up() && b.up(); }));
  const AppendResult first = a.Publish("a", "1", "m").get();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->id, a.epoch() + "-1");
  const AppendResult repeated = b.Publish("a", "1", "m").get();
  ASSERT_TRUE(repeated.ok());
  EXPECT_EQ(repeated->id, first->id);
  EXPECT_TRUE(repeated->duplicate);
  const AppendResult second = b.Publish("b", "2").get();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->id, a.epoch() + "-2");
  ASSERT_TRUE(WaitFor([&] { return a.head() == 2 && b.head() == 2; }));
  EXPECT_EQ(a.Snapshot(), b.Snapshot());
  Replica c({server.address()});
  ASSERT_TRUE(WaitFor([&] { return c.up(); }));
  EXPECT_EQ(c.Snapshot(), a.Snapshot());
  EXPECT_EQ(c.epoch(), a.epoch());
}

TEST_F(JetStreamStoreTest, StopAnswersWhatIsLeft) {
  NatsServer server;
  Replica replica({server.address()});
  ASSERT_TRUE(WaitFor([&] { return replica.up(); }));
  server.Signal(SIGSTOP);
  std::future<AppendResult> waiting = replica.Publish("a", "1");
  replica.store().Stop();
  EXPECT_TRUE(absl::IsUnavailable(waiting.get().status()));
  EXPECT_TRUE(absl::IsUnavailable(replica.Publish("a", "2").get().status()));
  server.Signal(SIGCONT);
}

TEST_F(JetStreamStoreTest, NothingIsLostOrTwiceWhenTheServerIsKilled) {
  NatsServer server;
  Replica a({server.address()});
  Replica b({server.address()});
  ASSERT_TRUE(WaitFor([&] { return a.up() && b.up(); }));
  Load load({&a, &b}, 8);
  ASSERT_TRUE(WaitFor([&] { return load.acked() > 500; }));
  server.Kill();
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_FALSE(a.up());
  const size_t before = load.acked();
  server.Start();
  ASSERT_TRUE(WaitFor([&] { return load.acked() > before + 500; }));
  load.Stop();
  load.ExpectAllIn(a);
  load.ExpectAllIn(b);
  ExpectAlike(a, b);
  EXPECT_EQ(a.breaks(), 1U);
  EXPECT_EQ(a.stats().gaps.value(), 0U);
}

TEST_F(JetStreamStoreTest, AFrozenServerIsLeftWithinFourSeconds) {
  NatsServer server;
  Replica replica({server.address()});
  ASSERT_TRUE(WaitFor([&] { return replica.up(); }));
  server.Signal(SIGSTOP);
  const base::TimePoint frozen = base::Now();
  ASSERT_TRUE(WaitFor([&] { return !replica.up(); }));
  EXPECT_LE(base::Now() - frozen, seconds(3));
  EXPECT_LE(replica.health().since.steady - frozen, seconds(1));
  ASSERT_TRUE(WaitFor([&] { return replica.stats().connected.value() == 0; }));
  EXPECT_LE(base::Now() - frozen, seconds(4));
  std::future<AppendResult> waiting = replica.Publish("a", "1");
  server.Signal(SIGCONT);
  ASSERT_TRUE(WaitFor([&] { return replica.up(); }));
  EXPECT_TRUE(waiting.get().ok());
}

TEST_F(JetStreamStoreTest, ALogThatIsSetBackHasAnotherEpoch) {
  NatsServer server;
  Replica a({server.address()});
  Replica b({server.address()});
  ASSERT_TRUE(WaitFor([&] { return a.up() && b.up(); }));
  ASSERT_TRUE(a.Publish("kept", "1").get().ok());
  ASSERT_TRUE(WaitFor([&] { return b.head() == 1; }));
  const std::string before = a.epoch();
  server.Terminate();
  const std::filesystem::path backup = server.directory() / "backup";
  std::filesystem::copy(server.store_directory(), backup, std::filesystem::copy_options::recursive);
  server.Start();
  ASSERT_TRUE(WaitFor([&] { return a.up() && b.up(); }));
  EXPECT_EQ(a.epoch(), before);
  ASSERT_TRUE(a.Publish("lost", "2").get().ok());
  ASSERT_TRUE(a.Publish("lost", "3").get().ok());
  ASSERT_TRUE(WaitFor([&] { return a.head() == 3 && b.head() == 3; }));
  server.Terminate();
  std::filesystem::remove_all(server.store_directory());
  std::filesystem::copy(backup, server.store_directory(), std::filesystem::copy_options::recursive);
  ASSERT_TRUE(AwaitDisconnected(a) && AwaitDisconnected(b));
  server.Start();
  ExpectAnotherEpoch({&a, &b}, before);
  const AppendResult next = b.Publish("new", "4").get();
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next->id.starts_with(a.epoch()));
  ASSERT_TRUE(WaitFor([&] { return a.Snapshot().size() == 2; }));
  ExpectAlike(a, b);
}

TEST_F(JetStreamStoreTest, AServerThatLostTheLogGetsANewOne) {
  NatsServer server;
  Replica replica({server.address()});
  ASSERT_TRUE(WaitFor([&] { return replica.up(); }));
  ASSERT_TRUE(replica.Publish("a", "1").get().ok());
  ASSERT_TRUE(WaitFor([&] { return replica.head() == 1; }));
  const std::string before = replica.epoch();
  server.Kill();
  std::filesystem::remove_all(server.store_directory());
  ASSERT_TRUE(AwaitDisconnected(replica));
  server.Start();
  ExpectAnotherEpoch({&replica}, before);
  EXPECT_TRUE(replica.Snapshot().empty());
  const AppendResult next = replica.Publish("b", "1").get();
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->id, replica.epoch() + "-1");
}

TEST_F(JetStreamStoreTest, LoadsASnapshotAndALogUnderLoad) {
  NatsServer server;
  // A log that is full, so it loses its first event with each that comes. The mirror runs behind
  // it, by less than that.
  const StreamsOptions options{.name = "n", .max_events = 2000};
  Replica a({server.address()}, options);
  ASSERT_TRUE(WaitFor([&] { return a.up(); }));
  constexpr size_t kQuiet = 3000;
  std::deque<std::future<AppendResult>> answers;
  for (size_t i = 0; i < kQuiet; ++i) {
    answers.push_back(a.Publish(base::Concat("quiet.", i), base::Concat(i)));
    if (answers.size() < 64) continue;
    ASSERT_TRUE(answers.front().get().ok());
    answers.pop_front();
    if (i % 1000 != 0) continue;
    const size_t answered = i + 1 - answers.size();
    ASSERT_TRUE(WaitFor([&] { return InfoOf({server.address()}, "n_keys").messages >= answered; }));
  }
  for (auto& answer : answers) ASSERT_TRUE(answer.get().ok());
  Load load({&a}, 8);
  for (int start = 0; start < 3; ++start) {
    Replica b({server.address()}, options);
    ASSERT_TRUE(WaitFor([&] { return b.up(); }));
    EXPECT_GE(b.Snapshot().size(), kQuiet);
  }
  load.Stop();
  Replica c({server.address()}, options);
  ASSERT_TRUE(WaitFor([&] { return c.up(); }));
  ExpectAlike(a, c);
}

TEST_F(JetStreamStoreTest, NothingIsLostOrTwiceWhenTheLeaderIsKilled) {
  NatsCluster cluster;
  // On a busy machine an election may take longer than an event waits by default.
  const StreamsOptions options{.name = "n", .replicas = 3, .publish_timeout = seconds(30)};
  Replica a(cluster.addresses(), options);
  ASSERT_TRUE(WaitFor([&] { return a.up(); }));
  Replica b(cluster.addresses(), options);
  ASSERT_TRUE(WaitFor([&] { return b.up(); }));
  const std::optional<size_t> leader = cluster.IndexOf(InfoOf(cluster.addresses(), "n_log").leader);
  ASSERT_TRUE(leader);
  Load load({&a, &b}, 4);
  ASSERT_TRUE(WaitFor([&] { return load.acked() > 100; }));
  cluster.server(*leader).Kill();
  const size_t before = load.acked();
  ASSERT_TRUE(WaitFor([&] { return load.acked() > before + 200; }));
  load.Stop();
  ASSERT_TRUE(WaitFor([&] { return a.up() && b.up(); }));
  load.ExpectAllIn(a);
  load.ExpectAllIn(b);
  ExpectAlike(a, b);
}

}  // namespace
}  // namespace ssegw::store::jetstream
