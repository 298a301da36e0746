#include "gateway/ingest/grpc_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gateway/ingest/error_text.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/unit/ingest/gate_transcoder.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishResponse;
using ::testing::HasSubstr;

constexpr const char* kReflection[] = {
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};

TEST(GrpcServerTest, APortInUseIsAnErrorWithTheReason) {
  IngestServer first;
  for (const std::string host : {"127.0.0.1", "0.0.0.0", "::", ""}) {
    SCOPED_TRACE(host);
    const base::Endpoint listen{.host = host, .port = first.port};
    GrpcServer second({.listen = listen}, RealTranscoder(), first.store, first.stats);
    const auto bound = second.Start();
    ASSERT_FALSE(bound.ok());
    EXPECT_EQ(MessageOf(bound.status()),
              base::Concat("cannot listen on ", listen.ToString(), ": Address already in use"));
  }
}

TEST(GrpcServerTest, AnAddressThatIsNotOursIsAnErrorWithTheReason) {
  IngestServer other;
  struct Case {
    const char* host;
    const char* error;
  };
  for (const Case& c :
       {Case{"192.0.2.1", "Cannot assign requested address"},
        Case{"no.such.host.invalid", "cannot listen on no.such.host.invalid:0: "}}) {
    SCOPED_TRACE(c.host);
    GrpcServer server({.listen = {.host = c.host}}, RealTranscoder(), other.store, other.stats);
    const auto bound = server.Start();
    ASSERT_FALSE(bound.ok());
    EXPECT_THAT(std::string(MessageOf(bound.status())), HasSubstr(c.error));
  }
}

TEST(GrpcServerTest, ThePortIsFreeAgainAfterShutdown) {
  IngestServer first;
  first.server.Shutdown(std::chrono::seconds(30));
  GrpcServer second({.listen = {.host = "127.0.0.1", .port = first.port}}, RealTranscoder(),
                    first.store, first.stats);
  const auto bound = second.Start();
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->port, first.port);
}

TEST(GrpcServerTest, ShutdownTwiceAndWithoutStartAreFine) {
  IngestServer started;
  started.server.Shutdown(std::chrono::milliseconds(0));
  started.server.Shutdown(std::chrono::milliseconds(0));
  GrpcServer never({}, RealTranscoder(), started.store, started.stats);
  never.Shutdown(std::chrono::milliseconds(0));
}

TEST(GrpcServerTest, ReflectionListsAndDescribesTheServices) {
  IngestServer gateway;
  for (const char* const method : kReflection) {
    RawCall reflection(gateway.channel, method);
    // ServerReflectionRequest{list_services = 7}
    ASSERT_TRUE(reflection.Write(std::string_view("\x3a\x01*")));
    const std::string services = reflection.Read().value_or("");
    for (const char* const service :
         {"ssegateway.v1.PublisherService", "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}) {
      EXPECT_THAT(services, HasSubstr(service)) << method;
    }
    // ServerReflectionRequest{file_containing_symbol = 4}: the answer is the file's descriptor.
    ASSERT_TRUE(reflection.Write(std::string_view("\x22\x15grpc.health.v1.Health")));
    EXPECT_THAT(reflection.Read().value_or(""), HasSubstr("HealthCheckRequest")) << method;
    ASSERT_TRUE(reflection.WritesDone());
    EXPECT_EQ(reflection.Read(), std::nullopt);
    EXPECT_TRUE(reflection.Finish().ok()) << method;
  }
}

TEST(GrpcServerTest, LeavingStopsListeningWhenTheTimeForAnswersIsOver) {
  IngestServer first;
  first.server.StartLeaving(std::chrono::milliseconds(0), std::chrono::seconds(30));
  GrpcServer second({.listen = {.host = "127.0.0.1", .port = first.port}}, RealTranscoder(),
                    first.store, first.stats);
  EXPECT_TRUE(WaitFor([&] { return second.Start().ok(); }));
}

TEST(GrpcServerTest, ShutdownCutsLeavingShort) {
  struct Case {
    const char* name;
    std::chrono::milliseconds answering;
    std::chrono::milliseconds grace;
  };
  for (const Case& c : {Case{"time for answers", std::chrono::hours(1), std::chrono::seconds(0)},
                        Case{"grace", std::chrono::seconds(0), std::chrono::hours(1)}}) {
    GateTranscoder gate;
    IngestServer gateway(&gate);
    RawCall stream(gateway.channel, kPublishStream);
    ASSERT_TRUE(stream.Write(PublishRequest()));
    ASSERT_TRUE(WaitFor([&] { return gateway.stats.publishers.value() == 1U; }));
    gateway.server.StartLeaving(c.answering, c.grace);
    const base::TimePoint begin = base::Now();
    gate.Open();
    gateway.server.Shutdown(std::chrono::milliseconds(0));
    EXPECT_LT(base::Now() - begin, std::chrono::seconds(10)) << c.name;
  }
}

// An open call that its caller forgot does not hold up the end.
TEST(GrpcServerTest, ShutdownCancelsReflectionStreams) {
  for (const char* const method : kReflection) {
    IngestServer gateway;
    RawCall reflection(gateway.channel, method);
    ASSERT_TRUE(reflection.Write(std::string_view("\x3a\x01*")));
    ASSERT_TRUE(reflection.Read().has_value());
    const auto begin = std::chrono::steady_clock::now();
    gateway.server.Shutdown(std::chrono::milliseconds(100));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << method;
  }
}

TEST(GrpcServerTest, InflatesCompressedEventsOfBothCalls) {
  for (const auto codec : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    SCOPED_TRACE(codec);
    IngestServer gateway;
    PublishRequest request;
    request.mutable_event()->mutable_dashboard()->set_id("host-1");
    request.mutable_event()->mutable_dashboard()->set_title(std::string(90'000, 'x'));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    context.set_compression_algorithm(codec);
    PublishResponse response;
    const auto stub = PublisherService::NewStub(gateway.channel);
    const grpc::Status status = stub->Publish(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(gateway.stats.event_bytes.value(), request.event().ByteSizeLong());

    grpc::ClientContext stream_context;
    stream_context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_context.set_compression_algorithm(codec);
    const auto stream = stub->PublishStream(&stream_context);
    ssegateway::v1::PublishStreamRequest sent;
    *sent.mutable_event() = request.event();
    ssegateway::v1::PublishStreamResponse answer;
    for (const uint64_t id : {1, 2}) {
      sent.set_request_id(id);
      ASSERT_TRUE(stream->Write(sent));
      ASSERT_TRUE(stream->Read(&answer));
      EXPECT_EQ(answer.request_id(), id);
      EXPECT_EQ(answer.error().message(), "");
    }
    EXPECT_EQ(gateway.window.head(), 3U);
  }
}

TEST(GrpcServerTest, WhatInflatesToMoreThanAnEventMayHaveIsInvalidAndItsStreamGoesOn) {
  IngestServer gateway;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto stream = PublisherService::NewStub(gateway.channel)->PublishStream(&context);
  ssegateway::v1::PublishStreamRequest bomb;
  bomb.set_request_id(7);
  bomb.mutable_event()->mutable_dashboard()->set_title(std::string(size_t{32} << 20, 'x'));
  ASSERT_TRUE(stream->Write(bomb));
  ssegateway::v1::PublishStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.error().message(), HasSubstr("max_event_bytes is 100000"));
  EXPECT_EQ(answer.request_id(), 7U);
  ssegateway::v1::PublishStreamRequest good;
  good.mutable_event()->mutable_dashboard()->set_id("host-1");
  ASSERT_TRUE(stream->Write(good));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_FALSE(answer.has_error()) << answer.error().message();
}

TEST(GrpcServerTest, HealthIsAskedInGzipToo) {
  IngestServer gateway;
  gateway.server.SetServing(true);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(std::string(500, 'x'));  // long enough to be compressed
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(gateway.channel)->Check(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
}

grpc::Status PublishWithMetadata(const IngestServer& gateway, size_t bytes) {
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_id("host-1");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  for (size_t i = 0; i < bytes / 1024; ++i) {
    const std::string key = base::Concat("x-", 1000 + i);
    context.AddMetadata(key, std::string(1024 - 32 - key.size(), 'x'));
  }
  PublishResponse response;
  return PublisherService::NewStub(gateway.channel)->Publish(&context, request, &response);
}

TEST(GrpcServerTest, TakesMetadataOf16KiBAndMoreEndsThatCallAlone) {
  IngestServer gateway;
  RawCall stream(gateway.channel, kPublishStream);
  ssegateway::v1::PublishStreamRequest request;
  request.mutable_event()->mutable_dashboard()->set_id("host-1");
  ASSERT_TRUE(stream.Write(request));
  ASSERT_TRUE(stream.Read().has_value());

  // Beside what a call has by itself, its user agent.
  EXPECT_TRUE(PublishWithMetadata(gateway, 15 * 1024).ok());
  const grpc::Status status = PublishWithMetadata(gateway, 20 * 1024);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("exceeds 16384 of a call"));
  EXPECT_EQ(gateway.stats.refusals[Refusal::kMetadata].value(), 1U);
  EXPECT_FALSE(PublishWithMetadata(gateway, 100 * 1024).ok());

  ASSERT_TRUE(stream.Write(request)) << "the connection is as it was";
  EXPECT_TRUE(stream.Read().has_value());
}

// What a browser adds, and a page cannot leave out.
TEST(GrpcServerTest, APageMayNotCall) {
  IngestServer gateway;
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_id("host-1");
  const RawCall::Metadata pages[] = {{{"origin", "https://page.example"}},
                                     {{"origin", "null"}},
                                     {{"sec-fetch-site", "same-origin"}},
                                     {{"sec-fetch-mode", "no-cors"}}};
  for (const RawCall::Metadata& page : pages) {
    for (const char* const method : {kPublish, kPublishStream}) {
      RawCall call(gateway.channel, method, page);
      call.Write(request);
      call.WritesDone();
      EXPECT_EQ(call.Read(), std::nullopt);
      EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
    }
  }
  EXPECT_EQ(gateway.window.head(), 0U);
  EXPECT_EQ(gateway.stats.refusals[Refusal::kPage].value(), 8U);
}

TEST(GrpcServerTest, CountsCallsOfMethodsThatItDoesNotHave) {
  IngestServer gateway;
  RawCall call(gateway.channel, "/ssegateway.v1.PublisherService/Delete");
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(gateway.stats.refusals[Refusal::kMethod].value(), 1U);
}

}  // namespace
}  // namespace ssegw::ingest
