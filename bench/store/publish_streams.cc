#include "bench/store/publish_streams.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <future>
#include <semaphore>
#include <thread>
#include <vector>

#include "bench/micro/dashboards.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;

constexpr size_t kIds = 64;

uint64_t RunStream(const std::string& address, size_t on_their_way, base::TimePoint end) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = PublisherService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  const auto call = stub->PublishStream(&context);
  std::counting_semaphore<kMaxOnTheirWay> room(static_cast<ptrdiff_t>(on_their_way));
  uint64_t acknowledged = 0;
  std::string fault;
  std::thread reader([&] {
    PublishStreamResponse response;
    while (call->Read(&response)) {
      if (response.has_error()) fault = response.error().message();
      ++acknowledged;
      room.release();
    }
  });
  PublishStreamRequest request;
  *request.mutable_event()->mutable_dashboard() = UsualDashboard();
  for (uint64_t sent = 0; base::Now() < end;) {
    room.acquire();
    request.mutable_event()->mutable_dashboard()->set_id(base::Concat("bench-", sent % kIds));
    request.set_request_id(++sent);
    if (!call->Write(request)) break;
  }
  call->WritesDone();
  reader.join();
  const grpc::Status status = call->Finish();
  if (!status.ok()) fault = status.error_message();
  if (!fault.empty()) throw testing::Failure(fault);
  return acknowledged;
}

}  // namespace

uint64_t PublishStreamsFor(const std::string& address, size_t streams, size_t on_their_way,
                           base::Duration length) {
  const base::TimePoint end = base::Now() + length;
  std::vector<std::future<uint64_t>> running;
  running.reserve(streams);
  for (size_t i = 0; i < streams; ++i) {
    running.push_back(
        std::async(std::launch::async, [&] { return RunStream(address, on_their_way, end); }));
  }
  uint64_t acknowledged = 0;
  for (auto& stream : running) acknowledged += stream.get();
  return acknowledged;
}

}  // namespace ssegw::bench
