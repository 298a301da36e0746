// Gateways with one log, while publishers publish, browsers read, and the server and a gateway are
// killed: the real binary and a real nats-server.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using namespace std::chrono_literals;

// A backend that keeps to the contract: what has no answer, or an UNAVAILABLE, is sent again with
// the same message_id, at whichever gateway can be reached.
class Backend {
 public:
  // gateways: the addresses that it may use now. first: of its numbers, which are its own.
  Backend(std::function<std::vector<std::string>()> gateways, uint32_t first)
      : gateways_(std::move(gateways)), next_(first), thread_([this] { Run(); }) {}
  ~Backend() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // The id of each number that was acknowledged; after Stop.
  const std::map<uint32_t, std::string>& acknowledged() const { return acknowledged_; }
  size_t count() const { return count_; }

 private:
  void Run() {
    while (!stop_) {
      const uint32_t number = next_++;
      auto event = NumberedEvent("t", base::Concat("k", number % 50), number);
      event.set_message_id(base::Concat("number-", number));
      acknowledged_.emplace(number, PublishUntilTaken(event));
      ++count_;
    }
  }

  std::string PublishUntilTaken(const ssegateway::v1::Event& event) {
    for (size_t attempt = 0;; ++attempt) {
      const std::vector<std::string> gateways = gateways_();
      const std::string& address = gateways[attempt % gateways.size()];
      if (address != address_) {
        publisher_.emplace(address);
        address_ = address;
      }
      const PublishResult result = publisher_->Publish(event);
      if (result.ok()) return result.id;
      if (result.code != kUnavailable) throw std::runtime_error(result.message);
      // A channel that has lost its gateway waits before it dials again: another does not.
      address_.clear();
    }
  }

  const std::function<std::vector<std::string>()> gateways_;
  uint32_t next_;
  std::string address_;
  std::optional<Publisher> publisher_;
  std::map<uint32_t, std::string> acknowledged_;
  std::atomic<size_t> count_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

class ReplicasKillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
    nats_ = std::make_unique<NatsServer>();
    for (auto& gateway : gateways_) gateway = NewGateway();
  }

  std::unique_ptr<GatewayProcess> NewGateway() const {
    return std::make_unique<GatewayProcess>(std::vector<std::string>{"--store=" + nats_->url()});
  }
  void Replace(size_t index) {
    gateways_[index]->Kill();
    auto gateway = NewGateway();
    const base::MutexLock lock(mutex_);
    gateways_[index] = std::move(gateway);
  }
  std::vector<std::string> Addresses() {
    const base::MutexLock lock(mutex_);
    std::vector<std::string> addresses;
    for (const auto& gateway : gateways_) addresses.push_back(gateway->grpc());
    return addresses;
  }
  // Until each of them has published so many more.
  static void AwaitMore(const std::vector<std::unique_ptr<Backend>>& backends, size_t more) {
    for (const auto& backend : backends) {
      const size_t enough = backend->count() + more;
      ASSERT_TRUE(WaitFor([&] { return backend->count() >= enough; }));
    }
  }

  std::unique_ptr<NatsServer> nats_;
  base::Mutex mutex_;
  std::unique_ptr<GatewayProcess> gateways_[2];
};

TEST_F(ReplicasKillTest, NothingAcknowledgedIsLostOrTwiceAndAllHaveOneOrder) {
  SseReader reader(gateways_[1]->http(), {.query = "mode=all"});
  reader.AwaitLive();
  std::vector<std::unique_ptr<Backend>> backends;
  for (uint32_t i = 0; i < 3; ++i) {
    backends.push_back(
        std::make_unique<Backend>([this] { return Addresses(); }, 1 + i * 1'000'000));
  }
  AwaitMore(backends, 200);
  for (int i = 0; i < 2; ++i) {
    nats_->Kill();
    nats_->Start();
    AwaitMore(backends, 200);
  }
  Replace(0);
  AwaitMore(backends, 200);
  for (const auto& backend : backends) backend->Stop();

  std::map<uint32_t, std::string> acknowledged;
  for (const auto& backend : backends) acknowledged.merge(std::map(backend->acknowledged()));
  // The one who was connected all the time, and one at the gateway that is new.
  SseReader late(gateways_[0]->http(), {.query = "mode=all&start=earliest"});
  std::map<uint32_t, std::string> seen;
  for (size_t i = 0; i < acknowledged.size(); ++i) {
    const SseBlock event = reader.Event();
    EXPECT_EQ(late.Event().text, event.text);
    ASSERT_TRUE(seen.emplace(NumberOf(event), *event.id).second) << NumberOf(event) << " twice";
  }
  EXPECT_EQ(seen, acknowledged);
  EXPECT_EQ(HttpGet(gateways_[0]->http(), "/v1/snapshot").body,
            HttpGet(gateways_[1]->http(), "/v1/snapshot").body);
}

}  // namespace
}  // namespace ssegw::testing
