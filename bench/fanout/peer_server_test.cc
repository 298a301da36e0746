#include "bench/fanout/peer_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "bench/fanout/measure.h"
#include "bench/fanout/payload.h"
#include "internal/base/concat.h"
#include "tests/testing/json.h"

namespace ssegw::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr base::TimePoint kNow{};
const std::vector<NumberedEvent> kEvents = {
    {.topic = 0, .number = 1}, {.topic = 0, .number = 2}, {.topic = 7, .number = 1}};

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(PeerServerTest, PostsEachEventAlone) {
  const PublishRequests requests = MakePublishRequests(PublishForm::kEach, kEvents, kNow, 1);
  EXPECT_EQ(requests.count, 3u);
  EXPECT_EQ(CountOf(requests.bytes, "POST /publish?topic=bench.0 HTTP/1.1\r\n"), 2u);
  EXPECT_EQ(CountOf(requests.bytes, "POST /publish?topic=bench.7 HTTP/1.1\r\n"), 1u);
  EXPECT_EQ(CountOf(requests.bytes, "\r\n\r\n{\"id\":\"0 0 0 2\""), 1u);
}

TEST(PeerServerTest, PostsFramesAsPushpinWantsThem) {
  const PublishRequests requests = MakePublishRequests(PublishForm::kGripItems, kEvents, kNow, 5);
  EXPECT_EQ(requests.count, 1u);
  EXPECT_THAT(requests.bytes, HasSubstr("POST /publish/ HTTP/1.1\r\n"));
  const std::string body = requests.bytes.substr(requests.bytes.find("\r\n\r\n") + 4);
  const auto json = testing::ParseJson(body);
  const auto& items = testing::At(json, "items").list_value();
  ASSERT_EQ(items.values_size(), 3);
  EXPECT_EQ(testing::StringAt(items.values(2), "channel"), "bench.7");
  const std::string frame = testing::StringAt(items.values(2), "formats.http-stream.content");
  EXPECT_TRUE(frame.starts_with("id: 7\ndata: {\"id\":\"0 7 0 1\"")) << frame;
  EXPECT_TRUE(frame.ends_with("\"}\n\n")) << frame;
}

void ExpectDeliversAndEnds(const Peer& peer, bool secure) {
  std::vector<pid_t> processes;
  const Scenario scenario = {.name = "small",
                             .connections = 20,
                             .topics = 3,
                             .burst = 6,
                             .interval = std::chrono::milliseconds(10)};
  class Watched : public PeerServer {
   public:
    Watched(const Peer& watched, bool secure, std::vector<pid_t>& pids)
        : PeerServer(watched, secure), pids_(pids) {}
    void Publish(const std::vector<NumberedEvent>& events) override {
      PeerServer::Publish(events);
      pids_ = Processes();
    }

   private:
    std::vector<pid_t>& pids_;
  };
  const Outcome outcome =
      Measure(scenario,
              {{.name = peer.name,
                .start = [&] { return std::make_unique<Watched>(peer, secure, processes); }}},
              {.rounds = 1, .round = std::chrono::milliseconds(100)});
  ASSERT_THAT(outcome.servers.front().faults, IsEmpty());
  EXPECT_GT(MedianOf(outcome.servers.front(), kCpuPerFrame), 0) << peer.name;
  ASSERT_THAT(processes, Not(IsEmpty()));
  EXPECT_TRUE(testing::WaitFor([&] {
    return std::all_of(processes.begin(), processes.end(),
                       [](pid_t pid) { return kill(pid, 0) != 0; });
  })) << peer.name;
}

// Those that are here: each of them, the way it is measured.
TEST(PeerServerTest, DeliversEverythingInOrderAndLeavesNothingBehind) {
  for (const Peer& peer : Peers()) {
    if (const std::string missing = MissingPackages(peer); !missing.empty()) {
      std::cerr << peer.name << " is not tested: missing: " << missing << '\n';
      continue;
    }
    EXPECT_THAT(VersionOf(peer), Not(IsEmpty()));
    if (!IsBuilt(peer)) {
      std::cerr << peer.name << " is not tested: ./dev bench peers builds it\n";
      continue;
    }
    for (const bool secure : {false, true}) {
      if (!secure || peer.tls) ExpectDeliversAndEnds(peer, secure);
    }
  }
}

TEST(PeerServerTest, SaysWhichPackagesAreMissing) {
  // Where there is nothing but what the script itself needs.
  std::string bin = std::filesystem::temp_directory_path() / "ssegw-bin-XXXXXX";
  ASSERT_NE(mkdtemp(bin.data()), nullptr);
  for (const char* const program : {"bash", "dirname"}) {
    std::filesystem::create_symlink(base::Concat("/usr/bin/", program),
                                    base::Concat(bin, '/', program));
  }
  const std::string path = std::getenv("PATH");
  setenv("PATH", bin.c_str(), 1);
  const std::string missing = MissingPackages({.name = "node"});
  setenv("PATH", path.c_str(), 1);
  std::filesystem::remove_all(bin);
  EXPECT_EQ(missing, "nodejs");
}

}  // namespace
}  // namespace ssegw::bench
