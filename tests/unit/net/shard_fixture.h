#ifndef SSEGW_TESTS_UNIT_NET_SHARD_FIXTURE_H_
#define SSEGW_TESTS_UNIT_NET_SHARD_FIXTURE_H_

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/net/listener.h"
#include "internal/net/shard_thread.h"
#include "internal/window/window.h"
#include "tests/testing/text_client.h"

namespace ssegw::net {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr size_t kLargeBytes = 4 << 20;
// The last of what a stream begins with.
inline constexpr std::string_view kLive = "event: gateway.live\ndata: {}\n\n";

// Answers each target in a way of its own; the others with an event stream.
class StreamService final : public HttpService {
 public:
  HttpReply Handle(const HttpRequest& request) override {
    if (request.target == "/text") {
      return HttpResponse{.status = 200, .body = "text"};
    }
    if (request.target == "/large") {
      return HttpResponse{.status = 200, .body = std::string(kLargeBytes, 'x')};
    }
    if (request.target == "/endable") {
      return HttpResponse{.status = 200, .body = std::string(kLargeBytes, 'x'), .end = end_};
    }
    if (request.target == "/later") return Later();
    if (request.target == "/work") {
      HttpLater later = Later();
      later.work = [this] { return ++worked_ < pieces_of_work_; };
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
                                                 .body = base::Concat("[", body, "]")};
                           }};
    }
    if (request.target == "/body_stream") {
      return HttpWantsBody{.max_bytes = kMaxBodyBytes,
                           .then = [](const std::string& body) { return StreamOf(body); }};
    }
    HttpStream stream = StreamOf(request.connection_id);
    stream.user_agent = request.Find("User-Agent").value_or("");
    if (request.target.starts_with("/of/")) Narrow(request.target.substr(4), stream);
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
  // text: <subject>/<filter>.
  static void Narrow(std::string_view text, HttpStream& stream) {
    const size_t slash = text.find('/');
    stream.identity = text.substr(0, slash);
    stream.subscription.filters = window::Filters({*window::Filter::Parse(text.substr(slash + 1))});
  }
  HttpResponse Refuse(int status, std::string_view detail) override {
    return {.status = status, .body = std::string(detail)};
  }
  bool speaks_http2() const override { return true; }

  // What is to be called when the answer to /later is there; nullptr: nobody has asked.
  std::function<void()> TakeReady() {
    base::MutexLock lock(mutex_);
    return std::exchange(ready_, nullptr);
  }
  std::atomic<milliseconds> patience_ = milliseconds(10'000);
  std::atomic<int> finished_ = 0;
  static constexpr int kPiecesOfWork = 1000;
  std::atomic<int> pieces_of_work_ = kPiecesOfWork;
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
      return HttpResponse{.status = 200, .body = base::Concat("answer ", ++finished_)};
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

// Two shards with real sockets and threads, and a listener.
class ShardThreadTest : public ::testing::Test {
 protected:
  void Start(ConnectionOptions options, AdmissionLimits limits = {}, size_t max_sockets = 1000) {
    admission_ = std::make_unique<Admission>(limits);
    std::vector<ShardThread*> shards;
    for (size_t i = 0; i < 2; ++i) {
      shards_.push_back(std::make_unique<ShardThread>(base::Concat("shard-", i), "test", window_,
                                                      *admission_, options));
      shards.push_back(shards_.back().get());
    }
    front_ = std::make_unique<ShardThread>("front", "test", window_, *admission_, options);
    listener_ = std::make_unique<Listener>(front_->io(), shards, service_, max_sockets, tls_.get());
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
      EXPECT_EQ(shard->stats().http2_streams.value(), 0U);
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
  // Before Start: the listener speaks TLS.
  std::unique_ptr<TlsPort> tls_;
  std::unique_ptr<Admission> admission_;
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::unique_ptr<ShardThread> front_;
  std::unique_ptr<Listener> listener_;
  std::string address_;
};

}  // namespace ssegw::net

#endif  // SSEGW_TESTS_UNIT_NET_SHARD_FIXTURE_H_
