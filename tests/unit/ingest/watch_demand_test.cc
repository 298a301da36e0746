// WatchDemand, as a publisher sees it, with a source of the test behind it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/ingest/watch_source.h"
#include "internal/base/mutex.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/server_stream.h"
#include "tests/unit/ingest/ingest_server.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::WatchDemandRequest;
using ssegateway::v1::WatchDemandResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the calls of a test are told. Thread: any.
class Script {
 public:
  BeginDemand Begin() {
    return [this](const std::vector<window::Filter>& filters,
                  Wake wake) -> absl::StatusOr<std::unique_ptr<WatchSource>> {
      const base::MutexLock lock(mutex_);
      for (const window::Filter& filter : filters) filters_.push_back(filter.text());
      wake_ = std::move(wake);
      ++open_;
      return std::make_unique<Source>(*this);
    };
  }

  void Tell(const std::string& filter) {
    WatchDemandResponse response;
    response.set_filter(filter);
    Wake wake;
    {
      const base::MutexLock lock(mutex_);
      next_.push_back(response.SerializeAsString());
      wake = wake_;
    }
    if (wake) wake();
  }
  void End(const absl::Status& status) {
    Wake wake;
    {
      const base::MutexLock lock(mutex_);
      end_ = status;
      wake = wake_;
    }
    wake();
  }

  std::vector<std::string> filters() {
    const base::MutexLock lock(mutex_);
    return filters_;
  }
  size_t open() {
    const base::MutexLock lock(mutex_);
    return open_;
  }
  size_t untold() {
    const base::MutexLock lock(mutex_);
    return next_.size();
  }

 private:
  class Source final : public WatchSource {
   public:
    explicit Source(Script& script) : script_(script) {}
    ~Source() override {
      const base::MutexLock lock(script_.mutex_);
      --script_.open_;
    }
    absl::StatusOr<std::optional<std::string>> Next() override {
      const base::MutexLock lock(script_.mutex_);
      if (script_.end_) return *script_.end_;
      if (script_.next_.empty()) return std::nullopt;
      std::string next = std::move(script_.next_.front());
      script_.next_.erase(script_.next_.begin());
      return next;
    }

   private:
    Script& script_;
  };

  base::Mutex mutex_;
  std::vector<std::string> filters_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> next_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  Wake wake_ ABSL_GUARDED_BY(mutex_);
};

class Call {
 public:
  Call(const IngestServer& gateway, const std::vector<std::string>& filters)
      : stream_(gateway.channel, &PublisherService::Stub::WatchDemand, RequestFor(filters)) {}

  void WaitForHeader() { stream_.WaitForHeader(); }
  // Empty if the call has ended.
  std::string Read() {
    const auto response = stream_.Next();
    return response ? response->filter() : "";
  }
  grpc::Status Finish() { return stream_.Finish(); }

 private:
  static WatchDemandRequest RequestFor(const std::vector<std::string>& filters) {
    WatchDemandRequest request;
    for (const std::string& filter : filters) request.add_filters(filter);
    return request;
  }

  testing::ServerStream<PublisherService, WatchDemandRequest, WatchDemandResponse> stream_;
};

class WatchDemandTest : public ::testing::Test {
 protected:
  Script script_;
  IngestServer gateway_{&RealTranscoder(), nullptr, {}, script_.Begin()};
};

TEST_F(WatchDemandTest, TellsWhatTheSourceHasInOrder) {
  Call call(gateway_, {"a", "b.>"});
  // Though there is nothing to tell yet.
  call.WaitForHeader();
  EXPECT_THAT(script_.filters(), ElementsAre("a", "b.>"));
  EXPECT_EQ(gateway_.stats.streams.value(), 1U);
  for (const char* text : {"1", "2", "3"}) script_.Tell(text);
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(call.Read(), text);
  script_.Tell("4");
  EXPECT_EQ(call.Read(), "4");
}

TEST_F(WatchDemandTest, ASlowWatcherLeavesWhatItDoesNotTakeToTheSource) {
  Call call(gateway_, {"a"});
  call.WaitForHeader();
  const std::string large(100'000, 'x');
  for (int i = 0; i < 200; ++i) script_.Tell(large);
  ASSERT_TRUE(WaitFor([&] { return script_.untold() < 200; }));
  EXPECT_GT(script_.untold(), 150U);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(call.Read().size(), large.size());
  EXPECT_EQ(script_.untold(), 0U);
}

TEST_F(WatchDemandTest, AWatcherThatIsGoneLeavesNothing) {
  {
    Call call(gateway_, {"a"});
    call.WaitForHeader();
    EXPECT_EQ(script_.open(), 1U);
  }
  EXPECT_TRUE(WaitFor([&] { return script_.open() == 0 && gateway_.stats.streams.value() == 0; }));
  // Whoever wakes it does no harm.
  script_.Tell("late");
}

TEST_F(WatchDemandTest, TheSourceEndsTheCall) {
  Call call(gateway_, {"a"});
  call.WaitForHeader();
  script_.End(absl::OutOfRangeError("too late"));
  EXPECT_EQ(call.Read(), "");
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(status.error_message(), "too late");
}

TEST_F(WatchDemandTest, TheGatewayEndsItWhenItLeaves) {
  Call call(gateway_, {"a"});
  call.WaitForHeader();
  gateway_.server.Shutdown(std::chrono::seconds(10));
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(script_.open(), 0U);
}

TEST_F(WatchDemandTest, BadFiltersAreRefusedByName) {
  struct Case {
    std::vector<std::string> filters;
    const char* error;
  };
  for (const Case& test :
       std::vector<Case>{{{}, "filters is empty"},
                         {{"a", "b..c"}, "b..c"},
                         {{""}, "filter \"\""},
                         {std::vector<std::string>(1001, "a"), "1001 filters"},
                         {std::vector<std::string>(2000, std::string(255, 'a')), "bytes"}}) {
    Call call(gateway_, test.filters);
    const grpc::Status status = call.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << test.error;
    EXPECT_THAT(status.error_message(), HasSubstr(test.error));
  }
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.streams.value() == 0; }));
  EXPECT_EQ(script_.open(), 0U);
  Call most(gateway_, std::vector<std::string>(1000, std::string(255, 'a')));
  most.WaitForHeader();
  EXPECT_EQ(script_.open(), 1U);
}

TEST(WatchNoDemandTest, WithoutWhoCountsItIsUnimplemented) {
  IngestServer gateway;
  Call call(gateway, {"a"});
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace ssegw::ingest
