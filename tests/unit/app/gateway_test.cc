// The gateway with a store whose health a test sets: what it opens when, and what it tells whom.

#include "gateway/app/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/app/part_options.h"
#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/log/capture_for_test.h"
#include "internal/store/memory_store.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::app {
namespace {

using namespace std::chrono_literals;
using store::StoreState;
using ::testing::HasSubstr;
using testing::HttpGet;
using testing::Publisher;
using testing::SseOptions;
using testing::SseReader;

// A store in memory that is as well as a test says.
class PatientStore final : public store::Store {
 public:
  PatientStore(window::Window& window, const store::MemoryStoreOptions& options)
      : memory_(window, options) {}

  // Since so long ago.
  void SetState(StoreState state, base::Duration ago = 0s) {
    const base::Moment now = base::Moment::Now();
    const base::MutexLock lock(mutex_);
    health_ = {
        .state = state,
        .since = {.steady = now.steady - ago,
                  .wall = now.wall - std::chrono::duration_cast<base::WallTime::duration>(ago)}};
  }

  std::optional<store::AppendResult> Append(store::ValidEvent event,
                                            store::MakeAppendDone make_done) override {
    return memory_.Append(std::move(event), make_done);
  }
  void Tick(base::TimePoint now) override { memory_.Tick(now); }
  void SetFull(bool full) override { memory_.SetFull(full); }
  void Stop() override { memory_.Stop(); }
  size_t max_unanswered() const override { return 1; }
  store::StoreHealth health() const override {
    const base::MutexLock lock(mutex_);
    return health_;
  }
  store::StoreStats stats() const override { return memory_.stats(); }

 private:
  store::MemoryStore memory_;
  mutable base::Mutex mutex_;
  store::StoreHealth health_ ABSL_GUARDED_BY(mutex_) = {.state = StoreState::kLoading};
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    config::Config config;
    for (auto* const address : {&config.http_listen, &config.grpc_listen, &config.admin_listen}) {
      *address = {.host = "127.0.0.1"};
    }
    config.threads = 1;
    gateway_ = std::make_unique<Gateway>(
        config, *transcode::Schemas::Load({}, {}), *Tls::Load(config),
        [this](const config::Config& made_for, const Budget& budget, window::Window& window) {
          auto made = std::make_unique<PatientStore>(window, StoreOptionsOf(made_for, budget));
          store_ = made.get();
          window_ = &window;
          return made;
        });
    EXPECT_TRUE(gateway_->Start().ok());
  }

  void Open() {
    store_->SetState(StoreState::kUp);
    ASSERT_FALSE(gateway_->loading());
    ASSERT_TRUE(gateway_->Open().ok());
  }
  testing::HttpResponse Ready() { return HttpGet(gateway_->admin_port().ToString(), "/readyz"); }
  std::unique_ptr<SseReader> Connect(SseOptions options = {}) {
    auto reader = std::make_unique<SseReader>(gateway_->public_port().ToString(), options);
    reader->AwaitLive();
    return reader;
  }
  std::string PublishersHealth() {
    return Publisher(gateway_->publishers_port().ToString()).Health();
  }
  void BeAway(base::Duration ago) {
    store_->SetState(StoreState::kAway, ago);
    gateway_->Tick();
  }

  log::CaptureForTest log_;
  PatientStore* store_ = nullptr;
  window::Window* window_ = nullptr;
  std::unique_ptr<Gateway> gateway_;
};

TEST_F(GatewayTest, WhileTheStoreLoadsOnlyTheAdminPortAnswers) {
  EXPECT_TRUE(gateway_->loading());
  gateway_->Tick();
  EXPECT_EQ(Ready().status, 503);
  EXPECT_THAT(Ready().body, HasSubstr("loading"));
  EXPECT_EQ(HttpGet(gateway_->admin_port().ToString(), "/healthz").status, 200);
  EXPECT_EQ(gateway_->public_port().port, 0);
  EXPECT_EQ(gateway_->publishers_port().port, 0);
  // The log that it has loaded is one that was there before.
  window_->Restart("loaded");
  window_->AppendAt(7, sse::Frame::Create({.topic = "t", .key = "k", .json = "1"}));
  Open();
  EXPECT_EQ(Ready().status, 200);
  EXPECT_EQ(PublishersHealth(), "SERVING");
  EXPECT_EQ(Connect()->Event().id, "loaded-7");
  EXPECT_EQ(Connect({.query = "lastEventId=loaded-7"})->Hello().resumed, true);
  Publisher publisher(gateway_->publishers_port().ToString());
  publisher.MustPublish(testing::NumberedEvent("t", "k", 1));
  EXPECT_THAT(HttpGet(gateway_->public_port().ToString(), "/v1/snapshot").body,
              HasSubstr(R"("id":"loaded-8")"));
}

TEST_F(GatewayTest, WhileTheLogIsLoadedAgainNoPartOfItPassesForAllOfIt) {
  Open();
  window_->BeginLoad("e");
  window_->AppendAt(7, sse::Frame::Create({.topic = "t", .key = "k", .json = "1"}));
  const testing::HttpResponse snapshot =
      HttpGet(gateway_->public_port().ToString(), "/v1/snapshot");
  EXPECT_EQ(snapshot.status, 503);
  EXPECT_EQ(snapshot.Get("Retry-After"), "1");
  EXPECT_EQ(Connect({.query = "mode=all&lastEventId=e-5"})->Hello().resumed, false);
  window_->LogBeginsAt(9, 0);
  window_->EndLoad();
  EXPECT_EQ(HttpGet(gateway_->public_port().ToString(), "/v1/snapshot").status, 200);
}

TEST_F(GatewayTest, AStoreThatIsAwayIsToldToConnectionsAndServesOn) {
  Open();
  const auto open = Connect();
  BeAway(2s);
  BeAway(4s);
  EXPECT_THAT(*open->Event().data, HasSubstr(R"({"since":"20)"));
  const auto opened_meanwhile = Connect();
  const auto stale = opened_meanwhile->Event();
  EXPECT_EQ(stale.event, "gateway.stale");
  EXPECT_FALSE(stale.id);
  store_->SetState(StoreState::kUp);
  gateway_->Tick();
  EXPECT_EQ(open->Event().event, "gateway.fresh");
  EXPECT_EQ(opened_meanwhile->Event().event, "gateway.fresh");
}

TEST_F(GatewayTest, PublishersAndProbesHearOfItLater) {
  Open();
  BeAway(9s);
  EXPECT_EQ(PublishersHealth(), "SERVING");
  BeAway(11s);
  EXPECT_EQ(PublishersHealth(), "NOT_SERVING");
  EXPECT_EQ(Ready().status, 200);
  BeAway(31s);
  EXPECT_EQ(Ready().status, 503);
  EXPECT_THAT(Ready().body, HasSubstr("store"));
  store_->SetState(StoreState::kUp);
  EXPECT_EQ(Ready().status, 200) << "at once";
  gateway_->Tick();
  EXPECT_EQ(PublishersHealth(), "SERVING");
  gateway_->BeginDrain();
  gateway_->Tick();
  EXPECT_EQ(PublishersHealth(), "NOT_SERVING") << "a store that is there does not end a drain";
}

}  // namespace
}  // namespace ssegw::app
