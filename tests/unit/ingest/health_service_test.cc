#include "gateway/ingest/health_service.h"

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kPublisherService[] = "ssegateway.v1.PublisherService";

class HealthServiceTest : public ::testing::Test {
 protected:
  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    HealthCheckRequest request;
    request.set_service(service);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return Health::NewStub(gateway_.channel)->Check(&context, request, response);
  }
  static void Ask(RawCall& watch, const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    ASSERT_TRUE(watch.Write(request));
    ASSERT_TRUE(watch.WritesDone());
  }
  static HealthCheckResponse::ServingStatus Next(RawCall& watch) {
    return watch.ReadAs<HealthCheckResponse>().status();
  }

  IngestServer gateway_;
};

TEST_F(HealthServiceTest, CheckFollowsSetServingForTheServerAndTheService) {
  HealthCheckResponse response;
  for (const char* service : {"", kPublisherService}) {
    SCOPED_TRACE(service);
    gateway_.server.SetServing(false);
    ASSERT_TRUE(Check(service, &response).ok());
    EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
    gateway_.server.SetServing(true);
    ASSERT_TRUE(Check(service, &response).ok());
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  }
}

TEST_F(HealthServiceTest, IsNotServingAtFirst) {
  HealthCheckResponse response;
  ASSERT_TRUE(Check("", &response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, CheckDoesNotFindUnknownServices) {
  HealthCheckResponse response;
  EXPECT_EQ(Check("no.such.Service", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthServiceTest, WatchTellsEveryChange) {
  for (const char* service : {"", kPublisherService}) {
    SCOPED_TRACE(service);
    gateway_.server.SetServing(true);
    RawCall watch(gateway_.channel, kWatch);
    Ask(watch, service);
    EXPECT_EQ(Next(watch), HealthCheckResponse::SERVING);
    gateway_.server.SetServing(false);
    EXPECT_EQ(Next(watch), HealthCheckResponse::NOT_SERVING);
    gateway_.server.SetServing(false);  // no change, nothing told
    gateway_.server.SetServing(true);
    EXPECT_EQ(Next(watch), HealthCheckResponse::SERVING);
  }
}

TEST_F(HealthServiceTest, WatchOfAnUnknownServiceSaysSoAndStaysOpen) {
  RawCall watch(gateway_.channel, kWatch);
  Ask(watch, "no.such.Service");
  EXPECT_EQ(Next(watch), HealthCheckResponse::SERVICE_UNKNOWN);
  gateway_.server.SetServing(true);  // none of its business
  gateway_.server.Shutdown(std::chrono::seconds(30));
  EXPECT_FALSE(watch.Read().has_value());
  EXPECT_EQ(watch.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthServiceTest, WatchesEndAtShutdown) {
  RawCall watch(gateway_.channel, kWatch);
  Ask(watch, "");
  EXPECT_EQ(Next(watch), HealthCheckResponse::NOT_SERVING);
  gateway_.server.Shutdown(std::chrono::seconds(30));
  EXPECT_FALSE(watch.Read().has_value());
  EXPECT_EQ(watch.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthServiceTest, WatchersThatVanishAreForgotten) {
  IngestStats stats;
  PublisherConnections connections(1, {}, &stats);
  StreamLimit streams(100, &stats);
  HealthService service(&connections, &streams);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto channel = server->InProcessChannel(grpc::ChannelArguments());
  for (int i = 0; i < 20; ++i) {
    RawCall watch(channel, kWatch);
    Ask(watch, "");
    // Nothing more is written to it, so only the cancellation says that it is gone.
    EXPECT_EQ(Next(watch), HealthCheckResponse::NOT_SERVING);
  }
  EXPECT_TRUE(WaitFor([&] { return service.OpenWatchesForTest() == 0; }));
  EXPECT_EQ(stats.streams.value(), 0U);
  service.EndWatches();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

}  // namespace
}  // namespace ssegw::ingest
