#include "gateway/ingest/grpc_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gateway/ingest/error_text.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/unit/ingest/gate_transcoder.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishResponse;
using testing::HasSubstr;

constexpr const char* kReflection[] = {
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};

TEST(GrpcServerTest, APortInUseIsAnErrorWithTheReason) {
  IngestServer first;
  for (const std::string host : {"127.0.0.1", "0.0.0.0", "::", ""}) {
    SCOPED_TRACE(host);
    const base::Endpoint listen{.host = host, .port = first.port};
    GrpcServer second({.listen = listen}, &RealTranscoder(), &first.store, &first.stats);
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
    GrpcServer server({.listen = {.host = c.host}}, &RealTranscoder(), &other.store, &other.stats);
    const auto bound = server.Start();
    ASSERT_FALSE(bound.ok());
    EXPECT_THAT(std::string(MessageOf(bound.status())), HasSubstr(c.error));
  }
}

TEST(GrpcServerTest, ThePortIsFreeAgainAfterShutdown) {
  IngestServer first;
  first.server.Shutdown(std::chrono::seconds(30));
  GrpcServer second({.listen = {.host = "127.0.0.1", .port = first.port}}, &RealTranscoder(),
                    &first.store, &first.stats);
  const auto bound = second.Start();
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->port, first.port);
}

TEST(GrpcServerTest, ShutdownTwiceAndWithoutStartAreFine) {
  IngestServer started;
  started.server.Shutdown(std::chrono::milliseconds(0));
  started.server.Shutdown(std::chrono::milliseconds(0));
  GrpcServer never({}, &RealTranscoder(), &started.store, &started.stats);
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
  GrpcServer second({.listen = {.host = "127.0.0.1", .port = first.port}}, &RealTranscoder(),
                    &first.store, &first.stats);
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

// A kilobyte of gzip can be a megabyte of event, and gRPC inflates before it measures.
TEST(GrpcServerTest, TakesNoCompressedEvents) {
  IngestServer gateway;
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_title(std::string(10'000, 'x'));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  PublishResponse response;
  const grpc::Status status =
      PublisherService::NewStub(gateway.channel)->Publish(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  EXPECT_EQ(gateway.window.head(), 0U);
}

}  // namespace
}  // namespace ssegw::ingest
