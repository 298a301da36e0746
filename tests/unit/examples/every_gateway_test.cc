#include "examples/host_dashboard/every_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "tests/unit/examples/fake_gateway.h"

namespace host_dashboard {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// A name whose addresses the test decides.
class FakeName {
 public:
  void Set(std::set<std::string> addresses) {
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(addresses);
  }

  EveryGatewayOptions Options(const FakeGateway& any) {
    EveryGatewayOptions options;
    options.publisher = any.Options();
    options.publisher.target = "gateways:50051";
    options.look_again = milliseconds(1);
    options.resolve = [this](const std::string& target) {
      EXPECT_EQ(target, "gateways:50051");
      const std::lock_guard lock(mutex_);
      ++look_ups_;
      looked_up_.notify_all();
      return addresses_;
    };
    return options;
  }

  // What was set before has been seen by then: the second look-up begins after the first was used.
  void AwaitLookUps() {
    std::unique_lock lock(mutex_);
    const int enough = look_ups_ + 2;
    EXPECT_TRUE(looked_up_.wait_for(lock, kPatience, [&] { return look_ups_ >= enough; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable looked_up_;
  std::set<std::string> addresses_;
  int look_ups_ = 0;
};

std::string AddressOf(const FakeGateway& gateway) { return gateway.Options().target; }

TEST(EveryGatewayTest, PublishesToEach) {
  FakeGateway one(AcknowledgeAll);
  FakeGateway other(AcknowledgeAll);
  FakeName name;
  name.Set({AddressOf(one), AddressOf(other)});
  EveryGateway gateways(name.Options(one));
  name.AwaitLookUps();
  for (const char* id : {"a", "b"}) gateways.Publish(WithId(id));
  EXPECT_EQ(gateways.Stop(kPatience), 0u);
  EXPECT_THAT(one.dashboards(0), ElementsAre("a", "b"));
  EXPECT_THAT(other.dashboards(0), ElementsAre("a", "b"));
}

TEST(EveryGatewayTest, OneThatComesLaterBeginsWithTheNewest) {
  FakeGateway one(AcknowledgeAll);
  FakeGateway later(AcknowledgeAll);
  FakeName name;
  name.Set({AddressOf(one)});
  EveryGateway gateways(name.Options(one));
  name.AwaitLookUps();
  for (const char* id : {"a", "b"}) gateways.Publish(WithId(id));
  name.Set({AddressOf(one), AddressOf(later)});
  later.AwaitRequests(0, 1);
  gateways.Publish(WithId("c"));
  EXPECT_EQ(gateways.Stop(kPatience), 0u);
  EXPECT_THAT(one.dashboards(0), ElementsAre("a", "b", "c"));
  EXPECT_EQ(one.stream_count(), 1u);
  EXPECT_THAT(later.dashboards(0), ElementsAre("b", "c"));
}

TEST(EveryGatewayTest, LeavesOneThatIsGone) {
  FakeGateway one(AcknowledgeAll);
  FakeGateway gone(AcknowledgeAll);
  FakeName name;
  name.Set({AddressOf(one), AddressOf(gone)});
  EveryGateway gateways(name.Options(one));
  name.AwaitLookUps();
  gateways.Publish(WithId("a"));
  gone.AwaitRequests(0, 1);
  name.Set({AddressOf(one)});
  name.AwaitLookUps();
  gateways.Publish(WithId("b"));
  EXPECT_EQ(gateways.Stop(kPatience), 0u);
  EXPECT_THAT(one.dashboards(0), ElementsAre("a", "b"));
  EXPECT_THAT(gone.dashboards(0), ElementsAre("a"));
}

TEST(EveryGatewayTest, StaysWithThoseItHasWhileTheLookUpFails) {
  FakeGateway one(AcknowledgeAll);
  FakeName name;
  name.Set({AddressOf(one)});
  EveryGateway gateways(name.Options(one));
  name.AwaitLookUps();
  name.Set({});
  name.AwaitLookUps();
  gateways.Publish(WithId("a"));
  EXPECT_EQ(gateways.Stop(kPatience), 0u);
  EXPECT_THAT(one.dashboards(0), ElementsAre("a"));
}

TEST(EveryGatewayTest, CountsWhatWasNotAcknowledgedOfAll) {
  FakeGateway one(AcknowledgeAll);
  FakeGateway silent(AnswerNothing);
  FakeName name;
  name.Set({AddressOf(one), AddressOf(silent)});
  EveryGateway gateways(name.Options(one));
  name.AwaitLookUps();
  for (const char* id : {"a", "b"}) gateways.Publish(WithId(id));
  silent.AwaitRequests(0, 2);
  one.AwaitRequests(0, 2);
  EXPECT_EQ(gateways.Stop(milliseconds(200)), 2u);
}

TEST(EveryGatewayTest, WithoutALookUpTheTargetIsTheGateway) {
  FakeGateway one(AcknowledgeAll);
  EveryGatewayOptions options;
  options.publisher = one.Options();
  EveryGateway gateways(std::move(options));
  gateways.Publish(WithId("a"));
  one.AwaitRequests(0, 1);
  EXPECT_EQ(gateways.Stop(kPatience), 0u);
  EXPECT_THAT(one.dashboards(0), ElementsAre("a"));
}

TEST(AddressesOfTest, NamesEachAddressWithThePort) {
  EXPECT_THAT(AddressesOf("127.0.0.1:50051"), ElementsAre("127.0.0.1:50051"));
  EXPECT_THAT(AddressesOf("[::1]:50051"), ElementsAre("[::1]:50051"));
  EXPECT_THAT(AddressesOf("localhost:50051"), Contains("127.0.0.1:50051"));
}

TEST(AddressesOfTest, HasNoneWhereTheLookUpFails) {
  EXPECT_THAT(AddressesOf("name.invalid:50051"), IsEmpty());
  EXPECT_THAT(AddressesOf("localhost"), IsEmpty());
  EXPECT_THAT(AddressesOf(""), IsEmpty());
}

}  // namespace
}  // namespace host_dashboard
