// Calls of publishers who have to show who they are: a real server, a real channel, real tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/auth/key_set.h"
#include "gateway/auth/verifier.h"
#include "grpc/health/v1/health.pb.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/testing/token_signer.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::KeySetOf;
using ::testing::Not;
using testing::SigningKey;

// Holds who asks until the test lets go.
class HeldKeys : public auth::KeyRequests {
 public:
  bool Ask(std::function<void()> done) override {
    const base::MutexLock lock(mutex_);
    if (!holds_) return false;
    waiting_.push_back(std::move(done));
    return true;
  }
  void Hold() {
    const base::MutexLock lock(mutex_);
    holds_ = true;
  }
  size_t waiting() {
    const base::MutexLock lock(mutex_);
    return waiting_.size();
  }
  void LetGo() {
    std::vector<std::function<void()>> all;
    {
      const base::MutexLock lock(mutex_);
      all.swap(waiting_);
    }
    for (const auto& done : all) done();
  }

 private:
  base::Mutex mutex_;
  bool holds_ = false;
  std::vector<std::function<void()>> waiting_;
};

class PublisherCallsTest : public ::testing::Test {
 protected:
  PublisherCallsTest() { SetKeys("a"); }
  ~PublisherCallsTest() override { keys_.LetGo(); }

  void SetKeys(const std::string& kid) {
    verifier_.SetKeys(
        *auth::KeySet::Parse(KeySetOf({key_.Jwk(base::Concat(R"("kid":")", kid, "\""))}),
                             auth::TokenRules().algorithms));
  }
  static RawCall::Metadata Bearer(const std::string& token) {
    return {{"authorization", "Bearer " + token}};
  }
  std::string Token(seconds good_for = seconds(3600), const std::string& kid = "a") const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto exp = std::chrono::duration_cast<std::chrono::milliseconds>(now + good_for).count();
    return key_.Token("ES256",
                      base::Concat(R"({"sub":"orders-svc","publish":["orders.*"],"exp":)",
                                   exp / 1000, ".", exp % 1000 + 1000, "}"),
                      kid);
  }
  static ssegateway::v1::Event EventOf(const std::string& topic) {
    ssegateway::v1::Event event;
    event.set_topic(topic);
    event.mutable_dashboard()->set_id("host-1");
    return event;
  }
  grpc::Status Publish(const RawCall::Metadata& metadata, const std::string& topic = "orders.eu") {
    PublishRequest request;
    *request.mutable_event() = EventOf(topic);
    RawCall call(gateway_.channel, kPublish, metadata);
    call.Write(request);
    call.WritesDone();
    call.Read();
    return call.Finish();
  }
  std::string Log() const {
    std::string log;
    for (const std::string& line : gateway_.log.lines()) log += line + "\n";
    return log;
  }
  static PublishStreamResponse Send(RawCall& stream, const ssegateway::v1::Event& event) {
    PublishStreamRequest request;
    *request.mutable_event() = event;
    stream.Write(request);
    return stream.ReadAs<PublishStreamResponse>();
  }

  const SigningKey key_ = SigningKey::P256();
  HeldKeys keys_;
  auth::AuthStats auth_stats_;
  auth::Verifier verifier_{auth::TokenRules{.leeway = seconds(0)}};
  IngestServer gateway_{&RealTranscoder(),
                        nullptr,
                        {.kind = PublisherAuthKind::kJwt,
                         .verifier = &verifier_,
                         .keys = &keys_,
                         .stats = &auth_stats_}};
};

TEST_F(PublisherCallsTest, WhoShowsAGoodTokenPublishesWhatItGrants) {
  EXPECT_TRUE(Publish(Bearer(Token())).ok());
  EXPECT_TRUE(Publish({{"authorization", "bearer " + Token()}}).ok());
  const grpc::Status outside = Publish(Bearer(Token()), "hosts.a");
  EXPECT_EQ(outside.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(gateway_.window.head(), 2U);
  EXPECT_EQ(gateway_.stats.forbidden.value(), 1U);
}

TEST_F(PublisherCallsTest, WhoDoesNotIsUnauthenticated) {
  for (const RawCall::Metadata& metadata :
       {RawCall::Metadata{}, RawCall::Metadata{{"authorization", "Basic YTpi"}}, Bearer("x"),
        RawCall::Metadata{{"authorization", "Bearer " + Token()},
                          {"authorization", "Bearer " + Token()}},
        Bearer(SigningKey::P256().Token("ES256", "{}", "a")), Bearer(Token(seconds(-5)))}) {
    EXPECT_EQ(Publish(metadata).error_code(), grpc::StatusCode::UNAUTHENTICATED);
    RawCall stream(gateway_.channel, kPublishStream, metadata);
    EXPECT_FALSE(stream.Read().has_value());
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
  EXPECT_EQ(gateway_.stats.refusals[Refusal::kUnauthenticated].value(), 12U);
  EXPECT_EQ(gateway_.window.head(), 0U);
  EXPECT_EQ(gateway_.stats.publishers.value(), 0U);
}

TEST_F(PublisherCallsTest, HealthIsOpen) {
  RawCall call(gateway_.channel, "/grpc.health.v1.Health/Check");
  call.Write(grpc::health::v1::HealthCheckRequest());
  call.WritesDone();
  EXPECT_TRUE(call.Read().has_value());
  EXPECT_TRUE(call.Finish().ok());
}

TEST_F(PublisherCallsTest, AnEventOutsideTheGrantsDoesNotEndItsStream) {
  RawCall stream(gateway_.channel, kPublishStream, Bearer(Token()));
  EXPECT_EQ(Send(stream, EventOf("orders.a")).id(), "epoch-1");
  EXPECT_EQ(Send(stream, EventOf("hosts.a")).error().code(), 7);  // PERMISSION_DENIED
  EXPECT_EQ(Send(stream, EventOf("orders.b")).id(), "epoch-2");
  // A deletion is an event too.
  ssegateway::v1::Event deletion;
  deletion.set_topic("hosts.a");
  deletion.set_deleted(true);
  EXPECT_EQ(Send(stream, deletion).error().code(), 7);
  EXPECT_TRUE(stream.WritesDone());
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(PublisherCallsTest, AMalformedEventIsInvalidWhateverItsTopic) {
  RawCall stream(gateway_.channel, kPublishStream, Bearer(Token()));
  ssegateway::v1::Event bad = EventOf("hosts.a");
  bad.set_type("gateway.x");
  EXPECT_EQ(Send(stream, bad).error().code(), 3);  // INVALID_ARGUMENT
  ssegateway::v1::Event no_payload;
  no_payload.set_topic("hosts.a");
  EXPECT_EQ(Send(stream, no_payload).error().code(), 3);
}

TEST_F(PublisherCallsTest, AStreamEndsWhenItsTokenExpires) {
  RawCall stream(gateway_.channel, kPublishStream, Bearer(Token(seconds(2))));
  EXPECT_EQ(Send(stream, EventOf("orders.a")).id(), "epoch-1");
  // Not before.
  gateway_.server.Tick(base::Now());
  EXPECT_EQ(Send(stream, EventOf("orders.b")).id(), "epoch-2");
  ASSERT_TRUE(WaitFor([&] {
    gateway_.server.Tick(base::Now());
    return gateway_.stats.publishers.value() == 0;
  }));
  EXPECT_FALSE(stream.Read().has_value());
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("expired"));
  ASSERT_TRUE(WaitFor([&] { return Log().find("reason=auth_expired") != std::string::npos; }));
}

TEST_F(PublisherCallsTest, ACallWaitsForAKeyThatNobodyKnowsYet) {
  keys_.Hold();
  const std::string token = Token(seconds(3600), "new");
  RawCall stream(gateway_.channel, kPublishStream, Bearer(token));
  PublishStreamRequest request;
  *request.mutable_event() = EventOf("orders.a");
  ASSERT_TRUE(stream.Write(request));
  RawCall call(gateway_.channel, kPublish, Bearer(token));
  PublishRequest unary;
  *unary.mutable_event() = EventOf("orders.b");
  call.Write(unary);
  call.WritesDone();
  ASSERT_TRUE(WaitFor([&] { return keys_.waiting() == 2; }));
  EXPECT_EQ(gateway_.window.head(), 0U);
  SetKeys("new");
  keys_.LetGo();
  EXPECT_FALSE(stream.ReadAs<PublishStreamResponse>().id().empty());
  EXPECT_TRUE(call.Read().has_value());
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_EQ(gateway_.window.head(), 2U);
}

TEST_F(PublisherCallsTest, ACallThatWaitedInVainIsUnauthenticated) {
  keys_.Hold();
  const std::string token = Token(seconds(3600), "new");
  RawCall stream(gateway_.channel, kPublishStream, Bearer(token));
  RawCall call(gateway_.channel, kPublish, Bearer(token));
  PublishRequest unary;
  *unary.mutable_event() = EventOf("orders.b");
  call.Write(unary);
  call.WritesDone();
  ASSERT_TRUE(WaitFor([&] { return keys_.waiting() == 2; }));
  keys_.LetGo();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(PublisherCallsTest, ACallThatGoesWhileItWaitsIsNoEvent) {
  keys_.Hold();
  {
    const std::string token = Token(seconds(3600), "new");
    RawCall stream(gateway_.channel, kPublishStream, Bearer(token));
    RawCall call(gateway_.channel, kPublish, Bearer(token));
    PublishRequest unary;
    *unary.mutable_event() = EventOf("orders.b");
    call.Write(unary);
    call.WritesDone();
    ASSERT_TRUE(WaitFor([&] { return keys_.waiting() == 2; }));
  }  // cancels both
  ASSERT_TRUE(WaitFor([&] { return gateway_.stats.publishers.value() == 0; }));
  SetKeys("new");
  keys_.LetGo();
  EXPECT_EQ(gateway_.window.head(), 0U);
}

TEST_F(PublisherCallsTest, TheServerEndsWhileACallWaits) {
  keys_.Hold();
  RawCall stream(gateway_.channel, kPublishStream, Bearer(Token(seconds(3600), "new")));
  ASSERT_TRUE(WaitFor([&] { return keys_.waiting() == 1; }));
  gateway_.server.Shutdown(std::chrono::milliseconds(0));
  EXPECT_FALSE(stream.Finish().ok());
}

TEST_F(PublisherCallsTest, TheLogNamesTheReasonAndTheSubjectAndNoToken) {
  const std::string expired = Token(seconds(-5));
  Publish(Bearer(Token()), "hosts.a");
  // One such line a second, whichever test had the last one.
  ASSERT_TRUE(WaitFor([&] {
    Publish(Bearer(expired));
    return Log().find("call refused") != std::string::npos;
  }));
  const std::string log = Log();
  EXPECT_THAT(log, HasSubstr("msg=\"call refused\" reason=unauthenticated"));
  EXPECT_THAT(log, HasSubstr("the token has expired"));
  EXPECT_THAT(log, HasSubstr("msg=\"event refused\" code=PERMISSION_DENIED"));
  EXPECT_THAT(log, HasSubstr("subject=orders-svc"));
  EXPECT_THAT(log, Not(HasSubstr(expired.substr(0, 20))));
}

}  // namespace
}  // namespace ssegw::ingest
