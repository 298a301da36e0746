// The shards with real sockets and real threads, and no gRPC: what ThreadSanitizer is to look at.
#include "internal/net/shard_thread.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/net/listener.h"
#include "internal/net/send_buffer.h"
#include "internal/window/window.h"
#include "tests/testing/text_client.h"
#include "tests/testing/wait_for.h"

namespace ssegw::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::WaitFor;

constexpr size_t kLargeBytes = 4 << 20;
// All that a stream begins with has come.
constexpr std::string_view kLive = "event: gateway.live\ndata: {}\n\n";

class StreamService final : public HttpService {
 public:
  HttpReply Handle(const HttpRequest& request) override {
    if (request.target == "/text") {
      return HttpResponse{.status = 200, .fields = {}, .body = "text", .static_body = {}};
    }
    if (request.target == "/large") {
      return HttpResponse{
          .status = 200, .fields = {}, .body = std::string(kLargeBytes, 'x'), .static_body = {}};
    }
    if (request.target == "/endable") {
      return HttpResponse{.status = 200,
                          .fields = {},
                          .body = std::string(kLargeBytes, 'x'),
                          .static_body = {},
                          .end = end_};
    }
    if (request.target == "/later") return Later();
    if (request.target == "/work") {
      HttpLater later = Later();
      later.work = [this] { return ++worked_ < kPiecesOfWork; };
      return later;
    }
    if (request.target == "/later_stream") {
      HttpLater later = Later();
      later.finish = [] { return StreamOf("later"); };
      return later;
    }
    if (request.target == "/body") {
      return HttpWantsBody{.max_bytes = kMaxBodyBytes, .then = [](std::string body) -> HttpReply {
                             return HttpResponse{.status = 200,
                                                 .fields = {},
                                                 .body = base::Concat("[", body, "]"),
                                                 .static_body = {}};
                           }};
    }
    if (request.target == "/body_stream") {
      return HttpWantsBody{.max_bytes = kMaxBodyBytes,
                           .then = [](const std::string& body) { return StreamOf(body); }};
    }
    HttpStream stream = StreamOf(request.connection_id);
    if (request.target == "/all") stream.subscription.mode = fanout::Mode::kAll;
    if (request.target == "/ends") {
      stream.ends_at = base::Now() + milliseconds(100);
      stream.identity = "somebody";
    }
    return stream;
  }
  static HttpStream StreamOf(std::string_view id) {
    HttpStream stream;
    stream.fields = {{"X-Connection-Id", std::string(id)}};
    stream.subscription.start = fanout::Start::kLive;
    return stream;
  }
  HttpResponse Refuse(int status, std::string_view detail) override {
    return {.status = status, .fields = {}, .body = std::string(detail), .static_body = {}};
  }

  // What is to be called when the answer to /later is there; nullptr: nobody has asked.
  std::function<void()> TakeReady() {
    base::MutexLock lock(mutex_);
    return std::exchange(ready_, nullptr);
  }
  std::atomic<milliseconds> patience_ = milliseconds(10'000);
  std::atomic<int> finished_ = 0;
  static constexpr int kPiecesOfWork = 1000;
  static constexpr size_t kMaxBodyBytes = 10;
  std::atomic<int> worked_ = 0;
  const std::shared_ptr<AnswerEnd> end_ = std::make_shared<AnswerEnd>();

 private:
  HttpLater Later() {
    HttpLater later;
    later.patience = patience_.load();
    later.start = [this](std::function<void()> ready) {
      base::MutexLock lock(mutex_);
      ready_ = std::move(ready);
    };
    later.finish = [this] {
      return HttpResponse{.status = 200,
                          .fields = {},
                          .body = base::Concat("answer ", ++finished_),
                          .static_body = {}};
    };
    return later;
  }

  base::Mutex mutex_;
  std::function<void()> ready_ ABSL_GUARDED_BY(mutex_);
};

class Client final : public testing::TextClient {
 public:
  using TextClient::TextClient;

  // The whole answer to /large, if it is the first.
  bool ReadLargeAnswer() {
    return ReadUntil("\r\n\r\n") && ReadBytes(received().find("\r\n\r\n") + 4 + kLargeBytes);
  }
  // This process's other end of the connection; -1 if there is none.
  int OtherEnd() {
    for (int fd = 0; fd < 1000; ++fd) {
      sockaddr_in peer{};
      socklen_t size = sizeof(peer);
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
          ntohs(peer.sin_port) == socket().local_port()) {
        return fd;
      }
    }
    return -1;
  }
};

class ShardThreadTest : public ::testing::Test {
 protected:
  void Start(ConnectionOptions options, AdmissionLimits limits = {}, size_t max_sockets = 1000) {
    admission_ = std::make_unique<Admission>(limits);
    std::vector<ShardThread*> shards;
    for (size_t i = 0; i < 2; ++i) {
      shards_.push_back(
          std::make_unique<ShardThread>(base::Concat("shard-", i), window_, *admission_, options));
      shards.push_back(shards_.back().get());
    }
    front_ = std::make_unique<ShardThread>("front", window_, *admission_, options);
    listener_ = std::make_unique<Listener>(front_->io(), shards, service_, max_sockets);
    ASSERT_TRUE(listener_->Open({.host = "127.0.0.1"}).ok());
    address_ = listener_->bound().ToString();
  }
  void TearDown() override {
    listener_->Close();
    for (auto& shard : shards_) shard->Stop();
    front_->Stop();
    uint64_t open = 0;
    uint64_t opened = 0;
    uint64_t closed = 0;
    for (auto& shard : shards_) {
      open += shard->stats().connections.value();
      opened += shard->stats().opened.value();
      for (const auto& reason : shard->stats().closed) closed += reason.value();
      EXPECT_EQ(shard->sockets(), 0U);
    }
    EXPECT_EQ(open, 0U);
    EXPECT_EQ(opened, closed) << "each stream is closed once";
  }
  void Publish(std::string_view json) {
    window_.Append(
        sse::Frame::Create({.topic = "t", .key = "k", .json = json, .received_at = base::Now()}));
  }
  uint64_t Closed(CloseReason reason) const {
    uint64_t count = 0;
    for (const auto& shard : shards_) {
      count += shard->stats().closed[reason].value();
    }
    return count;
  }
  std::unique_ptr<Client> Subscribe(std::string_view target = "/sse") {
    auto client = std::make_unique<Client>(address_);
    client->Get(target);
    EXPECT_TRUE(client->ReadUntil(kLive));
    return client;
  }

  // Of both shards, each in its order.
  std::vector<ConnectionInfo> Slowest(size_t count) {
    std::vector<ConnectionInfo> all;
    for (auto& shard : shards_) {
      std::promise<std::vector<ConnectionInfo>> found;
      shard->FindSlowest(count, [&](std::vector<ConnectionInfo> infos) { found.set_value(infos); });
      for (ConnectionInfo& info : found.get_future().get()) all.push_back(std::move(info));
    }
    return all;
  }

  window::Window window_{"e", {}};
  StreamService service_;
  std::unique_ptr<Admission> admission_;
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::unique_ptr<ShardThread> front_;
  std::unique_ptr<Listener> listener_;
  std::string address_;
};

TEST_F(ShardThreadTest, DeliversToConnectionsOfEveryShardWhilePublishersAppend) {
  Start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(Subscribe("/all"));
  EXPECT_EQ(shards_[0]->sockets(), 4U);
  EXPECT_EQ(shards_[1]->sockets(), 4U);
  std::vector<std::thread> publishers;
  for (int p = 0; p < 3; ++p) {
    publishers.emplace_back([&] {
      for (int i = 0; i < 300; ++i) Publish("\"some data\"");
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  for (auto& client : clients) {
    ASSERT_TRUE(client->ReadUntil("id: e-900\n"));
    size_t events = 0;
    for (size_t at = 0; (at = client->received().find("some data", at)) != std::string::npos;
         ++at) {
      ++events;
    }
    EXPECT_EQ(events, 900U);
  }
}

TEST_F(ShardThreadTest, ConnectionsHaveTheOptionsThatAreSetOnTheListenerAlone) {
  Start({});
  const auto client = Subscribe();
  const int fd = client->OtherEnd();
  ASSERT_GE(fd, 0);
  const auto option = [fd](int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16 * 1024);
  // Linux tells twice what was set.
  EXPECT_EQ(option(SOL_SOCKET, SO_SNDBUF), int{2 * SendBuffer::kFirstBytes});
}

TEST_F(ShardThreadTest, OptionsAndLimitsChangeWhileEventsFlow) {
  Start({});
  auto open = Subscribe();
  std::atomic<bool> done = false;
  std::thread publisher([&] {
    while (!done) Publish("\"some data\"");
  });
  for (int i = 1; i <= 200; ++i) {
    for (auto& shard : shards_) {
      shard->SetOptions({.heartbeat_interval = seconds(i), .max_connection_age = seconds(i)});
    }
    admission_->SetLimits({.max_connections = static_cast<size_t>(i)});
    if (i % 10 == 0) Subscribe();
  }
  for (auto& shard : shards_) shard->SetOptions({.request_header_timeout = milliseconds(50)});
  done = true;
  publisher.join();
  Client slow(address_);
  slow.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(slow.ReadUntil("HTTP/1.1 408 "));
  Publish("\"the last\"");
  EXPECT_TRUE(open->ReadUntil("the last")) << "it was let in, and stays";
}

TEST_F(ShardThreadTest, ConnectionsComeAndGoWhileEventsFlow) {
  Start({});
  std::atomic<bool> done = false;
  std::thread publisher([&] {
    while (!done) Publish("\"" + std::string(2000, 'x') + "\"");
  });
  std::vector<std::thread> browsers;
  for (int b = 0; b < 3; ++b) {
    browsers.emplace_back([&] {
      for (int i = 0; i < 30; ++i) {
        Client client(address_);
        client.Get(i % 2 == 0 ? "/all" : "/sse");
        client.ReadUntil("data: \"x");
      }
    });
  }
  for (std::thread& browser : browsers) browser.join();
  done = true;
  publisher.join();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
}

TEST_F(ShardThreadTest, AnswersPipelinedRequestsInOrderAndThenStreams) {
  Start({});
  Client client(address_);
  client.Get("/text");
  client.Get("/text");
  client.Get("/sse");
  ASSERT_TRUE(client.ReadUntil(kLive));
  const size_t first = client.received().find("\r\n\r\ntext");
  EXPECT_NE(client.received().find("\r\n\r\ntext", first + 1), std::string::npos);
}

TEST_F(ShardThreadTest, AnswersRequestsThatComeWhileOthersAreAnswered) {
  Start({});
  constexpr size_t kRequests = 2000;
  Client client(address_);
  // Each in a packet of its own.
  for (size_t i = 0; i < kRequests; ++i) client.Get("/text");
  client.Get("/sse");
  ASSERT_TRUE(client.ReadUntil(kLive));
  size_t answers = 0;
  for (size_t at = 0; (at = client.received().find("\r\n\r\ntext", at)) != std::string::npos;
       ++at) {
    ++answers;
  }
  EXPECT_EQ(answers, kRequests);
}

TEST_F(ShardThreadTest, ALargeAnswerIsWrittenAsTheSocketTakesIt) {
  Start({});
  Client client(address_);
  client.Get("/large");
  ASSERT_TRUE(client.ReadLargeAnswer());
  client.Get("/text");
  EXPECT_TRUE(client.ReadUntil("text"));
}

TEST_F(ShardThreadTest, AnAnswerThatIsTakenTooSlowlyIsGivenUp) {
  // So that what has been taken earns no time.
  Start({.write_stall_timeout = milliseconds(300), .min_answer_bytes_per_second = 1 << 30});
  Client client(address_);
  client.Get("/large");
  base::TimePoint next = base::Now();
  // It never stalls: 3 MB a second, where there is more to be had.
  while (client.ReadSome()) {
    next += milliseconds(20);
    while (base::Now() < next) std::this_thread::yield();
  }
  EXPECT_LT(client.received().size(), 3U << 20);
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
}

TEST_F(ShardThreadTest, PeersThatSaySomethingFindRoomAmongThoseThatDoNot) {
  Start({}, {}, /*max_sockets=*/8);
  auto stream = Subscribe();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(std::make_unique<Client>(address_));
    if (i % 2 == 0) silent.back()->Send("GET /sse HTTP/1.1\r\nHo");
    if (i % 10 != 0) continue;
    Client speaks(address_);
    speaks.Get("/text");
    EXPECT_TRUE(speaks.ReadUntil("text")) << i;
  }
  EXPECT_LE(shards_[0]->sockets() + shards_[1]->sockets(), 8U);
  EXPECT_TRUE(WaitFor([&] {
    return shards_[0]->stats().idle_closed.value() + shards_[1]->stats().idle_closed.value() >= 30;
  }));
  EXPECT_FALSE(silent[0]->ReadSome()) << "closed: it has waited longest";
  Publish("1");
  EXPECT_TRUE(stream->ReadUntil("data: 1\n")) << "a stream is not idle";
}

TEST_F(ShardThreadTest, WithoutIdleOnesNewConnectionsWaitInTheBacklog) {
  Start({}, {}, /*max_sockets=*/2);
  auto first = Subscribe();
  auto second = Subscribe();
  Client third(address_);
  third.Get("/text");
  EXPECT_FALSE(third.IsReadableWithin(milliseconds(100)));
  first.reset();
  EXPECT_TRUE(third.ReadUntil("text"));
}

TEST_F(ShardThreadTest, TheLastSocketIsNotTakenFromWhoGotIt) {
  Start({}, {}, /*max_sockets=*/2);
  auto stream = Subscribe();
  Client last(address_);
  ASSERT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 2; }));
  EXPECT_FALSE(last.IsReadableWithin(milliseconds(100))) << "nobody waits for its place";
  last.Get("/text");
  EXPECT_TRUE(last.ReadUntil("text"));
  EXPECT_EQ(shards_[0]->stats().idle_closed.value() + shards_[1]->stats().idle_closed.value(), 0U);
}

TEST_F(ShardThreadTest, HeartbeatsComeWhenNothingElseDoes) {
  Start({.heartbeat_interval = milliseconds(100)});
  auto client = Subscribe();
  EXPECT_TRUE(client->ReadUntil("2\r\n:\n\r\n2\r\n:\n\r\n"));
}

TEST_F(ShardThreadTest, GreetsWithTheConnectionsIdAndSaysThatItWillClose) {
  Start({});
  const auto client = Subscribe();
  const std::string& got = client->received();
  const std::string_view name = "\r\nX-Connection-Id: ";
  const size_t at = got.find(name);
  ASSERT_NE(at, std::string::npos) << got;
  const size_t begin = at + name.size();
  const std::string id = got.substr(begin, got.find('\r', begin) - begin);
  EXPECT_THAT(got,
              HasSubstr(base::Concat("data: {\"connection\":\"", id, "\",\"resumed\":null}\n")));
  EXPECT_THAT(got, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(ShardThreadTest, ARequestThatDoesNotArriveIsRefusedInTime) {
  Start({.request_header_timeout = milliseconds(100)});
  Client slow(address_);
  slow.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(slow.ReadUntil("HTTP/1.1 408 "));
  EXPECT_FALSE(slow.ReadUntil("never"));
}

TEST_F(ShardThreadTest, APeerThatTakesNothingIsClosed) {
  Start({.write_stall_timeout = milliseconds(300)});
  auto stuck = Subscribe("/all");
  const std::string json = "\"" + std::string(60'000, 'x') + "\"";
  EXPECT_TRUE(WaitFor([&] {
    Publish(json);
    return Closed(CloseReason::kWriteStall) == 1;
  }));
}

TEST_F(ShardThreadTest, APeerThatFloodsIsClosed) {
  Start({});
  auto client = Subscribe();
  const std::string garbage(30'000, 'x');
  for (int i = 0; i < 4; ++i) client->Send(garbage);
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kPeerFlood) == 1; }));
}

TEST_F(ShardThreadTest, OldConnectionsAreToldToLeave) {
  Start({.max_connection_age = milliseconds(200)});
  auto client = Subscribe();
  EXPECT_TRUE(client->ReadUntil("{\"reason\":\"max_age\"}\n\n\r\n0\r\n\r\n"));
  EXPECT_FALSE(client->ReadSome());
}

TEST_F(ShardThreadTest, DrainTellsEveryConnectionWithinTheWindow) {
  Start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(Subscribe());
  for (auto& shard : shards_) shard->Drain(milliseconds(300), 0.5);
  for (auto& client : clients) {
    EXPECT_TRUE(client->ReadUntil("event: gateway.bye\nretry: "));
    EXPECT_TRUE(client->ReadUntil("{\"reason\":\"drain\"}\n\n\r\n0\r\n\r\n"));
  }
  clients.clear();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
  EXPECT_EQ(Closed(CloseReason::kDrain), 10U);
}

TEST_F(ShardThreadTest, WhatIsTooManyIsTurnedAwayKindly) {
  Start({}, {.max_connections = 1});
  auto first = Subscribe();
  Client second(address_);
  second.Get("/sse");
  EXPECT_TRUE(second.ReadUntil("{\"reason\":\"busy\"}\n\n"));
  EXPECT_THAT(second.received(), HasSubstr("\r\n:\nevent: gateway.cut\ndata: {}\n\n"));
  EXPECT_THAT(second.received(), HasSubstr("HTTP/1.1 200 OK\r\n"));
  // It is held for a while, and then ends in order.
  EXPECT_FALSE(second.IsReadableWithin(milliseconds(200)));
  EXPECT_TRUE(second.ReadUntil("\r\n0\r\n\r\n"));
  EXPECT_FALSE(second.ReadSome());
}

TEST_F(ShardThreadTest, AnAnswerMayComeLaterFromAnotherThread) {
  Start({});
  Client client(address_);
  for (int i = 1; i <= 3; ++i) {
    client.Get("/later");
    std::function<void()> ready;
    ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
    EXPECT_FALSE(client.IsReadableWithin(milliseconds(20)));
    ready();
    ready();  // once too often, as a late one may be
    EXPECT_TRUE(client.ReadUntil(base::Concat("answer ", i)));
  }
  EXPECT_EQ(service_.finished_, 3);
}

TEST_F(ShardThreadTest, AnAnswerIsNotWaitedForBeyondItsPatience) {
  Start({});
  service_.patience_ = milliseconds(50);
  Client client(address_);
  client.Get("/later");
  EXPECT_TRUE(client.ReadUntil("answer 1"));
  const auto late = service_.TakeReady();
  ASSERT_NE(late, nullptr);
  // The one after it is not taken for ready.
  service_.patience_ = milliseconds(10'000);
  client.Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  late();
  EXPECT_FALSE(client.IsReadableWithin(milliseconds(50)));
  ready();
  EXPECT_TRUE(client.ReadUntil("answer 2"));
}

TEST_F(ShardThreadTest, AnAnswerForOneThatHasGoneIsDropped) {
  Start({.write_stall_timeout = milliseconds(100)});
  auto client = std::make_unique<Client>(address_);
  client->Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client.reset();
  ready();
  const auto sockets = [&] { return shards_[0]->sockets() + shards_[1]->sockets(); };
  EXPECT_TRUE(WaitFor([&] { return sockets() == 0; }));
  ready();
}

TEST_F(ShardThreadTest, WorkForAnAnswerGoesOnWhenItsConnectionHasGone) {
  Start({});
  auto client = std::make_unique<Client>(address_);
  client->Get("/work");
  ASSERT_TRUE(WaitFor([&] { return service_.worked_ > 0; }));
  client.reset();
  // Others have their turn meanwhile.
  Client other(address_);
  other.Get("/text");
  EXPECT_TRUE(other.ReadUntil("text"));
  EXPECT_TRUE(WaitFor([&] { return service_.worked_ == StreamService::kPiecesOfWork; }));
}

TEST_F(ShardThreadTest, AnswerThatIsOnItsWayIsEndedForOthersToHaveItsPlace) {
  Start({});
  Client client(address_);
  client.Get("/endable");
  ASSERT_TRUE(client.ReadUntil("xxx"));
  service_.end_->End();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
}

TEST_F(ShardThreadTest, OneThatIsResetIsNotAnswered) {
  Start({});
  service_.patience_ = milliseconds(60'000);
  auto client = std::make_unique<Client>(address_);
  client->Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client->socket().Reset();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
  ready();
}

TEST_F(ShardThreadTest, WhatComesBehindARequestWaitsForItsAnswer) {
  Start({});
  Client client(address_);
  client.Get("/large");
  ASSERT_TRUE(client.ReadLargeAnswer());
  client.Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client.Get("/text");
  // Until each shard has told of a whole second.
  std::this_thread::sleep_for(milliseconds(2'100));
  for (const auto& shard : shards_) EXPECT_LT(shard->report().busy_ratio, 0.2);
  EXPECT_FALSE(client.IsReadableWithin(milliseconds(0)));
  ready();
  EXPECT_TRUE(client.ReadUntil("\r\n\r\ntext"));
  EXPECT_LT(client.received().find("answer 1"), client.received().find("text"));
}

using SlowestTest = ShardThreadTest;

TEST_F(SlowestTest, AreThoseThatTakeNothing) {
  Start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(Subscribe());
  EXPECT_EQ(Slowest(100).size(), 40U);
  EXPECT_EQ(Slowest(1).size(), 2U) << "one of each shard";
  // None of them reads, and all are equally behind; those of one shard in order of age.
  const std::string large(100'000, 'x');
  for (int i = 0; i < 100; ++i) Publish(base::Concat("\"", large, "\""));
  ASSERT_TRUE(WaitFor([&] {
    size_t stalled = 0;
    for (const ConnectionInfo& info : Slowest(100)) stalled += info.rank.lag.events > 0 ? 1 : 0;
    return stalled == 40;
  }));
  for (const ConnectionInfo& info : Slowest(5)) {
    EXPECT_EQ(info.progress, fanout::Progress::kBehind);
    EXPECT_EQ(info.address, "127.0.0.1");
    EXPECT_GT(info.rank.lag.age.count(), 0);
    ASSERT_TRUE(info.link);
    EXPECT_GT(info.link->unacknowledged_bytes, 0U);
  }
}

TEST_F(SlowestTest, AreFoundWhileOthersComeAndGo) {
  Start({});
  std::atomic<bool> stop = false;
  std::thread restless([&] {
    while (!stop) {
      std::vector<std::unique_ptr<Client>> clients;
      for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<Client>(address_));
        clients.back()->Get("/sse");
      }
    }
  });
  auto steady = Subscribe();
  for (int i = 0; i < 200; ++i) {
    std::set<std::string> ids;
    const std::vector<ConnectionInfo> found = Slowest(1000);
    for (const ConnectionInfo& info : found) ids.insert(info.id);
    ASSERT_EQ(ids.size(), found.size()) << "none twice";
    ASSERT_FALSE(ids.empty());
  }
  stop = true;
  restless.join();
}

TEST_F(ShardThreadTest, LaterAnswerMayBeAStream) {
  Start({});
  Client client(address_);
  client.Get("/later_stream");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  ready();
  ASSERT_TRUE(client.ReadUntil(kLive));
  EXPECT_THAT(client.received(), HasSubstr("X-Connection-Id: later\r\n"));
  Publish("1");
  EXPECT_TRUE(client.ReadUntil("data: 1\n"));
}

TEST_F(ShardThreadTest, StreamEndsWhenItsTimeIsUp) {
  Start({});
  const auto client = Subscribe("/ends");
  for (const ConnectionInfo& info : Slowest(1)) EXPECT_EQ(info.identity, "somebody");
  EXPECT_TRUE(client->ReadUntil("{\"reason\":\"auth_expired\""));
  EXPECT_TRUE(client->ReadUntil("0\r\n\r\n"));
  EXPECT_FALSE(client->ReadSome());
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kAuthExpired) == 1; }));
}

class BodyTest : public ShardThreadTest {
 protected:
  // Sends the bytes one way or the other, and reads until that has come.
  void ExpectAnswer(std::string_view request, std::string_view answer) {
    Client whole(address_);
    whole.Send(request);
    EXPECT_TRUE(whole.ReadUntil(answer)) << request << "\n" << whole.received();
    Client one_by_one(address_);
    for (const char& byte : request) one_by_one.Send({&byte, 1});
    EXPECT_TRUE(one_by_one.ReadUntil(answer)) << request << "\n" << one_by_one.received();
  }
  static std::string Post(std::string_view target, std::string_view rest) {
    return base::Concat("POST ", target, " HTTP/1.1\r\nHost: test\r\n", rest);
  }
};

TEST_F(BodyTest, IsReadWholeAndTheNextRequestFollows) {
  Start({});
  ExpectAnswer(Post("/body", "Content-Length: 10\r\n\r\n0123456789"), "[0123456789]");
  ExpectAnswer(Post("/body", "Content-Length: 0\r\n\r\n"), "[]");
  ExpectAnswer(Post("/body", "\r\n"), "[]");
  ExpectAnswer(Post("/body",
                    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n7;x=y\r\ndefghij\r\n"
                    "0\r\nTrailer: t\r\n\r\n"),
               "[abcdefghij]");
  const std::string twice = Post("/body", "Content-Length: 2\r\n\r\nab");
  ExpectAnswer(base::Concat(twice, twice, "GET /text HTTP/1.1\r\nHost: test\r\n\r\n"), "text");
}

TEST_F(BodyTest, MayBecomeAStream) {
  Start({});
  Client client(address_);
  client.Send(Post("/body_stream", "Content-Length: 2\r\n\r\nid"));
  ASSERT_TRUE(client.ReadUntil(kLive));
  EXPECT_THAT(client.received(), HasSubstr("X-Connection-Id: id\r\n"));
}

TEST_F(BodyTest, IsRefusedIfItIsTooLongOrMalformed) {
  Start({});
  const auto refused = [&](std::string_view rest, std::string_view status) {
    Client client(address_);
    client.Send(Post("/body", rest));
    EXPECT_TRUE(client.ReadUntil(status)) << rest << "\n" << client.received();
    EXPECT_TRUE(client.ReadUntil("Connection: close\r\n"));
  };
  // Told at once: nothing of the body has come.
  refused("Content-Length: 11\r\n\r\n", "HTTP/1.1 413 ");
  refused("Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", "HTTP/1.1 413 ");
  refused("Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n", "HTTP/1.1 413 ");
  refused("Transfer-Encoding: chunked\r\n\r\nnot a length\r\n", "HTTP/1.1 400 ");
}

TEST_F(BodyTest, ThatDoesNotComeIsRefusedAfterTheTimeForARequest) {
  Start({.request_header_timeout = milliseconds(100)});
  Client client(address_);
  client.Send(Post("/body", "Content-Length: 3\r\n\r\nab"));
  EXPECT_TRUE(client.ReadUntil("HTTP/1.1 408 "));
}

TEST_F(BodyTest, IsAskedForIfTheClientWaitsForThat) {
  Start({});
  Client client(address_);
  client.Send(Post("/body", "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(client.ReadUntil("HTTP/1.1 100 Continue\r\n\r\n"));
  client.Send("ab");
  EXPECT_TRUE(client.ReadUntil("[ab]"));
}

TEST_F(BodyTest, OfAPeerThatLeavesIsForgotten) {
  Start({});
  for (int i = 0; i < 20; ++i) {
    Client client(address_);
    client.Send(Post("/body", "Content-Length: 3\r\n\r\nab"));
  }
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
  EXPECT_EQ(shards_[0]->stats().head_bytes.value() + shards_[1]->stats().head_bytes.value(), 0U);
}

TEST_F(BodyTest, ThatNobodyWantsIsNotRead) {
  Start({});
  ExpectAnswer(Post("/text", "Content-Length: 2\r\n\r\nab"), "Connection: close\r\n");
}

}  // namespace
}  // namespace ssegw::net
