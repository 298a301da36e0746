// How many publishers there may be, how old they get, and what is said of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/grpc_bytes.h"
#include "tests/testing/publisher.h"
#include "tests/testing/tcp_socket.h"

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(PublisherLimitsTest, TheConnectionTooManyIsRefusedSoThatItsPublisherSeesIt) {
  const GatewayProcess gateway({"--max_publisher_connections=3"});
  EXPECT_EQ(gateway.Scrape()["max_publisher_connections"], 3);
  std::vector<std::unique_ptr<Publisher>> publishers;
  for (uint32_t i = 1; i <= 3; ++i) {
    publishers.push_back(std::make_unique<Publisher>(gateway.grpc()));
    publishers.back()->MustPublish(NumberedEvent("a", "k", i));
  }
  EXPECT_EQ(gateway.Scrape()["publisher_connections"], 3);
  const base::TimePoint begin = base::Now();
  Publisher one_too_many(gateway.grpc());
  EXPECT_EQ(one_too_many.Publish(NumberedEvent("a", "k", 4)).code, kUnavailable);
  EXPECT_LT(base::Now() - begin, seconds(5));
  EXPECT_GE(gateway.Scrape()["publisher_connections_refused_total"], 1);
  EXPECT_THAT(gateway.Log(), HasSubstr("msg=\"publisher refused\""));
  EXPECT_THAT(gateway.Log(), HasSubstr("msg=\"publishers nearly at their limit\" of=connections"));
  for (const auto& publisher : publishers) publisher->MustPublish(NumberedEvent("a", "k", 5));

  publishers.pop_back();
  EXPECT_TRUE(
      WaitFor([&] { return one_too_many.Publish(NumberedEvent("a", "k", 6)).code == kOk; }));
}

// Both those that say nothing at all, and those that speak HTTP/2 and call nothing.
TEST(PublisherLimitsTest, SilentConnectionsDoNotKeepPublishersOut) {
  const GatewayProcess gateway({"--max_publisher_connections=16"});
  Publisher there_before(gateway.grpc());
  there_before.MustPublish(NumberedEvent("a", "k", 1));
  std::vector<std::unique_ptr<TcpSocket>> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(std::make_unique<TcpSocket>(gateway.grpc()));
    if (i % 2 == 0) silent.back()->Send(Http2Preface());
  }
  const base::TimePoint begin = base::Now();
  Publisher late(gateway.grpc());
  EXPECT_EQ(late.Publish(NumberedEvent("a", "k", 2)).code, kOk);
  EXPECT_LT(base::Now() - begin, seconds(2));
  there_before.MustPublish(NumberedEvent("a", "k", 3));
  EXPECT_LE(gateway.Scrape()["publisher_connections"], 16);
  EXPECT_GE(gateway.Scrape()["publisher_connections_evicted_total"], 185);
}

TEST(PublisherLimitsTest, TheStreamTooManyIsRefusedOnAllConnectionsTogether) {
  const GatewayProcess gateway({"--max_publisher_streams=2"});
  Publisher one(gateway.grpc());
  Publisher other(gateway.grpc());
  const auto first = one.OpenStream();
  const auto second = other.OpenStream();
  for (const auto& call : {first.get(), second.get()}) {
    ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1)));
    ASSERT_TRUE(call->Read());
  }
  EXPECT_EQ(gateway.Scrape()["publisher_streams"], 2);
  EXPECT_EQ(gateway.Scrape()["max_publisher_streams"], 2);
  const auto third = one.OpenStream();
  EXPECT_FALSE(third->Read());
  const PublishResult end = third->Finish();
  EXPECT_EQ(end.code, kUnavailable);
  EXPECT_THAT(end.message, HasSubstr("max_publisher_streams 2"));
  EXPECT_EQ(gateway.Scrape()[R"(publisher_calls_refused_total{reason="streams"})"], 1);
  one.MustPublish(NumberedEvent("a", "k", 2));  // no stream

  EXPECT_EQ(second->Finish().code, kOk);
  ASSERT_TRUE(gateway.WaitForMetric("publisher_streams", 1));
  const auto again = other.OpenStream();
  ASSERT_TRUE(again->Write(1, NumberedEvent("a", "k", 3)));
  EXPECT_TRUE(again->Read());
}

TEST(PublisherLimitsTest, AStreamEndsAtItsAgeWithAllThatWasOnItsWayAnswered) {
  const GatewayProcess gateway({"--max_publisher_age=1s"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  const base::TimePoint begin = base::Now();
  uint32_t sent = 0;
  uint32_t answered = 0;
  while (base::Now() - begin < milliseconds(700)) {
    ++sent;
    if (!call->Write(sent, NumberedEvent("a", "k", sent))) break;
    const auto answer = call->Read();
    if (!answer) break;
    ++answered;
    EXPECT_FALSE(answer->has_error());
    EXPECT_EQ(answer->request_id(), answered);
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(answered, sent);
  EXPECT_FALSE(call->Read()) << "nothing but the end";
  const base::Duration age = base::Now() - begin;
  EXPECT_GT(age, milliseconds(800));
  EXPECT_LT(age, seconds(5));
  const PublishResult end = call->Finish();
  EXPECT_EQ(end.code, kUnavailable);
  EXPECT_THAT(end.message, HasSubstr("max_publisher_age"));
  EXPECT_TRUE(WaitFor(
      [&] { return gateway.Log().find("msg=\"publisher stream closed\"") != std::string::npos; }));
  EXPECT_THAT(gateway.Log(), HasSubstr("reason=max_age"));
  // It is told to go before that, so what comes next is on another connection.
  publisher.MustPublish(NumberedEvent("a", "k", 2000));
  EXPECT_TRUE(WaitFor([&] { return gateway.Log().find("publisher gone") != std::string::npos; }));
}

TEST(PublisherLimitsTest, AStreamThatIsNeverQuietEndsToo) {
  const GatewayProcess gateway({"--max_publisher_age=1s"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  const base::TimePoint begin = base::Now();
  for (uint32_t sent = 1; call->Write(sent, NumberedEvent("a", "k", sent)); ++sent) {
    if (!call->Read()) break;
    ASSERT_LT(base::Now() - begin, seconds(20));
  }
  EXPECT_EQ(call->Finish().code, kUnavailable);
}

TEST(PublisherLimitsTest, ComingAndGoingAreLinesWithTheirReason) {
  const GatewayProcess gateway;
  const auto logged = [&](const std::string& text) {
    return WaitFor([&] { return gateway.Log().find(text) != std::string::npos; });
  };
  auto publisher = std::make_unique<Publisher>(gateway.grpc());
  {
    const auto call = publisher->OpenStream();
    ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1)));
    ASSERT_TRUE(call->Read());
    ASSERT_TRUE(call->Write(2, NumberedEvent("no topic", "k", 1)));
    ASSERT_TRUE(call->Read());
    EXPECT_TRUE(logged("msg=\"publisher connected\" peer=127.0.0.1:"));
    EXPECT_TRUE(logged("msg=\"publisher stream opened\" peer=127.0.0.1:"));
    EXPECT_EQ(call->Finish().code, kOk);
  }
  EXPECT_TRUE(logged("reason=half_closed"));
  EXPECT_TRUE(logged("events=2 refused=1"));
  {
    const auto call = publisher->OpenStream();
    ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1)));
    ASSERT_TRUE(call->Read());
  }
  EXPECT_TRUE(logged("reason=gone")) << "cancelled";
  publisher = nullptr;
  EXPECT_TRUE(logged("msg=\"publisher gone\" peer=127.0.0.1:"));
}

}  // namespace
}  // namespace ssegw::testing
