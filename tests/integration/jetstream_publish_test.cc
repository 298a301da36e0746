// What is published to the log at a real server, also one that dies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/store/jetstream/deletions.h"
#include "internal/store/jetstream/publisher.h"
#include "internal/store/jetstream/streams.h"
#include "tests/integration/jetstream_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/wait_for.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::NatsServer;
using ::testing::StartsWith;

// A gateway's part that writes: it keeps a number of events in flight.
class Writer {
 public:
  explicit Writer(nats::DialOptions options, std::string name = "n")
      : connection(std::move(options)),
        publisher_(connection.loop, stats, {.name = std::move(name), .writer = NewWriter()}) {
    publisher_.SetEpoch("e");
    connection.OnRequests([this](nats::Requests* requests) { publisher_.SetRequests(requests); });
  }
  ~Writer() { publisher_.SetRequests(nullptr); }

  absl::StatusOr<LogStreams> MakeStreams(StreamsOptions options = {.name = "n"}) {
    Streams streams(std::move(options));
    std::optional<absl::StatusOr<LogStreams>> found;
    streams.Find(connection.requests(),
                 [&](absl::StatusOr<LogStreams> result) { found = std::move(result); });
    connection.Run([&] { return found.has_value(); });
    return found.value_or(absl::InternalError("not called"));
  }
  uint64_t LastSeq() {
    return ParseStreamInfo(connection.Ask(StreamInfoSubject("n_log"))).value.last_seq;
  }

  void Append(const std::string& key, const std::string& message_id = "",
              const std::string& json = "1") {
    ++appended_;
    publisher_.Append({.frame = sse::Frame::Create({.topic = "t", .key = key, .json = json}),
                       .message_id = message_id},
                      [this](AppendResult result) { answers.push_back(std::move(result)); });
  }
  size_t in_flight() const { return appended_ - answers.size(); }
  // Until that many have been appended, of which so many are out at once.
  void AppendUpTo(size_t count, size_t at_once, const std::function<void()>& between = [] {}) {
    connection.Run([&] {
      while (appended_ < count && in_flight() < at_once) Append(std::to_string(appended_ % 100));
      between();
      return appended_ == count;
    });
  }
  void Finish() {
    ASSERT_TRUE(connection.Run([&] { return in_flight() == 0; }));
  }
  // Each was stored, and has an id of its own.
  void ExpectAllStoredOnce() {
    std::set<std::string> ids;
    for (const AppendResult& answer : answers) {
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_FALSE(answer->duplicate);
      ids.insert(answer->id);
    }
    EXPECT_EQ(ids.size(), appended_);
    EXPECT_EQ(LastSeq(), appended_) << "none is there twice";
  }

  SharedLogStats stats;
  Connection connection;
  std::vector<AppendResult> answers;

 private:
  size_t appended_ = 0;
  Publisher publisher_;
};

class JetStreamPublishTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  }
};

TEST_F(JetStreamPublishTest, NothingIsLostOrTwiceWhereTheServerIsKilledUnderLoad) {
  NatsServer server;
  Writer writer({.servers = {server.address()}});
  ASSERT_TRUE(writer.MakeStreams().ok());
  constexpr size_t kEvents = 6000;
  size_t killed = 0;
  writer.AppendUpTo(kEvents, 500, [&] {
    if (killed < 3 && writer.answers.size() > (killed + 1) * 1500) {
      ++killed;
      server.Kill();
      server.Start();
    }
  });
  writer.Finish();
  EXPECT_EQ(killed, 3U);
  writer.ExpectAllStoredOnce();
  EXPECT_GT(writer.stats.publish_retries[PublishRetry::kDisconnected].value(), 0U);
}

TEST_F(JetStreamPublishTest, AFrozenServerIsLeftAndWhatWasOutIsStoredOnce) {
  NatsServer server;
  Writer writer({.servers = {server.address()}});
  ASSERT_TRUE(writer.MakeStreams().ok());
  server.Signal(SIGSTOP);
  for (int i = 0; i < 10; ++i) writer.Append(std::to_string(i));
  // Long enough for the link to be given up, with what is in its socket.
  writer.connection.Run(
      [&, until = base::Now() + milliseconds(3500)] { return base::Now() > until; });
  EXPECT_EQ(writer.in_flight(), 10U);
  server.Signal(SIGCONT);
  writer.Finish();
  writer.ExpectAllStoredOnce();
}

TEST_F(JetStreamPublishTest, AServerThatIsFullSaysSo) {
  NatsServer server;
  server.Terminate();
  server.Configure(base::Concat("jetstream: { max_file_store: 4MB, store_dir: \"",
                                server.store_directory().string(), "\" }"));
  server.Start();
  Writer writer({.servers = {server.address()}});
  // As an operator made it: without a bound of its own.
  writer.connection.Ask("$JS.API.STREAM.CREATE.n_log",
                        R"({"name":"n_log","subjects":["n.e.>","n.meta.>"],"storage":"file"})");
  const std::string json(500'000, '1');
  for (int i = 0; i < 20 && (i == 0 || writer.answers.back().ok()); ++i) {
    writer.Append("k", "", json);
    writer.Finish();
  }
  EXPECT_GT(writer.answers.size(), 3U);
  EXPECT_EQ(writer.answers.back().status().code(), absl::StatusCode::kResourceExhausted)
      << writer.answers.back().status();
}

TEST_F(JetStreamPublishTest, WithoutPermissionTheOutcomeIsUnknown) {
  NatsServer server(
      "authorization { users: [ { user: u, password: p, permissions: { publish: [\"$JS.API.>\"] } "
      "} "
      "] }");
  nats::DialOptions options{.servers = {server.address()}};
  options.user = "u";
  options.password = "p";
  Connection connection(options);
  SharedLogStats stats;
  Publisher publisher(connection.loop, stats,
                      {.name = "n", .writer = "w", .timeout = milliseconds(300)});
  publisher.SetRequests(&connection.requests());
  std::optional<AppendResult> answer;
  publisher.Append({.frame = sse::Frame::Create({.topic = "t", .json = "1"})},
                   [&](AppendResult result) { answer = std::move(result); });
  ASSERT_TRUE(connection.Run([&] { return answer.has_value(); }));
  EXPECT_THAT(std::string(answer->status().message()), StartsWith("outcome unknown:"));
  publisher.SetRequests(nullptr);
}

// The part of a replica that deletes, with a window that a test fills.
struct Replica {
  explicit Replica(const NatsServer& server) : connection(std::vector{server.address()}) {
    deletions.SetEpoch("e");
    connection.OnRequests([this](nats::Requests* requests) { deletions.SetRequests(requests); });
  }
  ~Replica() { deletions.SetRequests(nullptr); }

  void Append(uint64_t seq, const std::string& key, base::Duration ttl) {
    const base::TimePoint now = base::Now();
    window.AppendAt(
        seq,
        sse::Frame::Create(
            {.topic = "t", .key = key, .json = "1", .received_at = now, .expires_at = now + ttl}));
  }

  window::Window window{"e", {}};
  // The log, as far as it has read it.
  uint64_t read_up_to = 0;
  Connection connection;
  Deletions deletions{connection.loop,
                      window,
                      {.name = "n", .writer = "w", .random_seed = random++, .read_up_to = [this] {
                         return read_up_to;
                       }}};
  static inline uint64_t random = 1;
};

// All replicas together, until done.
void RunAll(const std::vector<std::unique_ptr<Replica>>& replicas,
            const std::function<bool()>& done) {
  ASSERT_TRUE(testing::WaitFor([&] {
    for (const auto& replica : replicas) replica->connection.Run([] { return true; });
    return done();
  }));
}
uint64_t Appended(const std::vector<std::unique_ptr<Replica>>& replicas) {
  uint64_t appended = 0;
  for (const auto& replica : replicas) appended += replica->deletions.appended();
  return appended;
}

TEST_F(JetStreamPublishTest, OneDeletionIsStoredForAllReplicasAndNoneWhereSomethingIsNewer) {
  NatsServer server;
  Writer writer({.servers = {server.address()}});
  ASSERT_TRUE(writer.MakeStreams().ok());
  for (const char* key : {"quiet", "replaced", "replaced"}) writer.Append(key);
  writer.Finish();
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < 3; ++i) {
    replicas.push_back(std::make_unique<Replica>(server));
    replicas.back()->Append(1, "quiet", milliseconds(1));
    // They do not know yet that it was replaced.
    replicas.back()->Append(2, "replaced", milliseconds(1));
  }
  const base::TimePoint until = base::Now() + Deletions::kInterval + Deletions::kMaxDelay;
  RunAll(replicas,
         [&] { return Appended(replicas) == 1 && base::Now() > until + milliseconds(300); });
  EXPECT_EQ(writer.LastSeq(), 4U);
}

TEST_F(JetStreamPublishTest, WhatIsInTheMirrorAloneIsDeletedOnceToo) {
  NatsServer server;
  Writer writer({.servers = {server.address()}});
  ASSERT_TRUE(writer.MakeStreams().ok());
  writer.Append("old");
  writer.Finish();
  // As when it is older than the log.
  writer.connection.Ask("$JS.API.STREAM.PURGE.n_log");
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < 3; ++i) {
    replicas.push_back(std::make_unique<Replica>(server));
    replicas.back()->Append(1, "old", milliseconds(1));
    replicas.back()->read_up_to = 1;
  }
  RunAll(replicas, [&] { return Appended(replicas) > 0; });
  EXPECT_EQ(Appended(replicas), 1U);
  EXPECT_EQ(writer.LastSeq(), 2U);
}

TEST_F(JetStreamPublishTest, ANewerEventThatTheLogHasLetGoOfIsNotDeletedByWhoHasNotReadIt) {
  NatsServer server;
  Writer writer({.servers = {server.address()}});
  ASSERT_TRUE(writer.MakeStreams().ok());
  for (int i = 0; i < 2; ++i) writer.Append("replaced");
  writer.Finish();
  writer.connection.Ask("$JS.API.STREAM.PURGE.n_log");
  std::vector<std::unique_ptr<Replica>> replicas;
  replicas.push_back(std::make_unique<Replica>(server));
  replicas.back()->Append(1, "replaced", milliseconds(1));
  replicas.back()->read_up_to = 1;
  const base::TimePoint until =
      base::Now() + 2 * Deletions::kInterval + Deletions::kMaxDelay + milliseconds(300);
  RunAll(replicas, [&] { return base::Now() > until; });
  EXPECT_EQ(writer.LastSeq(), 2U);
}

}  // namespace
}  // namespace ssegw::store::jetstream
