#include "bench/ingest/publishers.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "bench/ingest/reader.h"
#include "bench/micro/dashboards.h"
#include "bench/micro/json_events.h"
#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishBatchRequest;
using ssegateway::v1::PublishBatchResponse;
using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishResponse;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;

constexpr size_t kIds = 64;
constexpr size_t kChannels = 2;
constexpr size_t kCallsPerChannel = 8;
constexpr ptrdiff_t kOnTheirWay = 256;
constexpr std::chrono::seconds kPatience(10);
constexpr size_t kLargeBytes = 16 * 1024;
constexpr size_t kBatchEvents = 64;
constexpr ptrdiff_t kBatchesOnTheirWay = 16;
// What a reader has yet to get: far less than a gateway's window holds.
constexpr uint64_t kMaxUnread = 16'384;
constexpr std::chrono::milliseconds kLargeInterval(10);

std::vector<Event> Events() {
  std::vector<Event> events(kIds);
  for (size_t i = 0; i < kIds; ++i) {
    *events[i].mutable_dashboard() = UsualDashboard();
    events[i].mutable_dashboard()->set_id(base::Concat("bench-", i));
  }
  return events;
}

std::vector<Event> LargeEvents() {
  std::vector<Event> events(1);
  ssegateway::v1::Dashboard& dashboard = *events[0].mutable_dashboard();
  dashboard.set_id("bench");
  dashboard.set_title(std::string(kLargeBytes, 'x'));
  return events;
}

std::vector<Event> EventsOf(Method method) {
  switch (method) {
    case Method::kLargeAlone:
      return LargeEvents();
    case Method::kJsonStream:
    case Method::kBatch:
      return JsonEvents(kIds);
    default:
      return Events();
  }
}

// A channel of its own, and not one of those that gRPC shares.
std::unique_ptr<PublisherService::Stub> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return PublisherService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

// What all publishers of a round have in common.
struct Round {
  base::TimePoint end;
  const Reader* reader;
  uint64_t read_before;
  std::atomic<uint64_t> sent{0};
  std::atomic<uint64_t> acknowledged{0};
  base::Mutex mutex;
  std::string fault ABSL_GUARDED_BY(mutex);

  void Fail(const std::string& what) {
    base::MutexLock lock(mutex);
    if (fault.empty()) fault = what;
  }

  // These are about to be sent: waits while the reader is far behind.
  void Sends(uint64_t events) {
    const uint64_t after = sent.fetch_add(events, std::memory_order_relaxed) + events;
    if (reader != nullptr) WaitForReader(after - std::min(after, kMaxUnread));
  }

  void WaitForReader(uint64_t events) {
    const base::TimePoint deadline = base::Now() + kPatience;
    while (reader->count() - read_before < events) {
      if (reader->failed() || base::Now() > deadline) return Fail("the reader has not got all");
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
};

// interval: between two events; zero: none.
void RunStream(const std::string& address, const std::vector<Event>& events,
               base::Duration interval, Round& round) {
  const auto stub = Connect(address);
  grpc::ClientContext context;
  const auto call = stub->PublishStream(&context);
  std::counting_semaphore<kOnTheirWay> room(kOnTheirWay);
  std::thread reader([&] {
    PublishStreamResponse response;
    for (uint64_t expected = 1; call->Read(&response); ++expected) {
      if (response.has_error()) round.Fail(response.error().message());
      if (response.request_id() != expected) round.Fail("an answer out of order");
      round.acknowledged.fetch_add(1, std::memory_order_relaxed);
      room.release();
    }
  });
  std::vector<PublishStreamRequest> requests(events.size());
  for (size_t i = 0; i < events.size(); ++i) *requests[i].mutable_event() = events[i];
  uint64_t sent = 0;
  base::TimePoint due = base::Now();
  while (base::Now() < round.end) {
    std::this_thread::sleep_until(due);
    due += interval;
    if (!room.try_acquire_for(kPatience)) {
      round.Fail("no answer for ten seconds");
      context.TryCancel();
      break;
    }
    PublishStreamRequest& request = requests[sent % requests.size()];
    request.set_request_id(++sent);
    round.Sends(1);
    if (!call->Write(request)) break;
  }
  call->WritesDone();
  reader.join();
  if (const grpc::Status status = call->Finish(); !status.ok()) round.Fail(status.error_message());
}

void RunBatches(const std::string& address, const std::vector<Event>& events, Round& round) {
  const auto stub = Connect(address);
  grpc::ClientContext context;
  const auto call = stub->PublishBatch(&context);
  std::counting_semaphore<kBatchesOnTheirWay> room(kBatchesOnTheirWay);
  std::thread reader([&] {
    PublishBatchResponse response;
    for (uint64_t expected = 1; call->Read(&response); ++expected) {
      if (response.request_id() != expected) round.Fail("an answer out of order");
      if (response.results_size() != static_cast<int>(kBatchEvents)) round.Fail("a result too few");
      for (const auto& result : response.results()) {
        if (result.id().empty()) round.Fail(result.error().message());
      }
      round.acknowledged.fetch_add(kBatchEvents, std::memory_order_relaxed);
      room.release();
    }
  });
  PublishBatchRequest request;
  for (size_t i = 0; i < kBatchEvents; ++i) *request.add_events() = events[i % events.size()];
  for (uint64_t sent = 0; base::Now() < round.end;) {
    if (!room.try_acquire_for(kPatience)) {
      round.Fail("no answer for ten seconds");
      context.TryCancel();
      break;
    }
    request.set_request_id(++sent);
    round.Sends(kBatchEvents);
    if (!call->Write(request)) break;
  }
  call->WritesDone();
  reader.join();
  if (const grpc::Status status = call->Finish(); !status.ok()) round.Fail(status.error_message());
}

void RunCalls(PublisherService::Stub& stub, const std::vector<Event>& events, Round& round) {
  std::vector<PublishRequest> requests(events.size());
  for (size_t i = 0; i < events.size(); ++i) *requests[i].mutable_event() = events[i];
  for (size_t sent = 0; base::Now() < round.end; ++sent) {
    grpc::ClientContext context;
    PublishResponse response;
    const grpc::Status status = stub.Publish(&context, requests[sent % requests.size()], &response);
    if (!status.ok()) return round.Fail(status.error_message());
    round.acknowledged.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

uint64_t PublishFor(const std::string& address, Method method, base::Duration length,
                    const Reader* reader) {
  const std::vector<Event> events = EventsOf(method);
  Round round{.end = base::Now() + length,
              .reader = reader,
              .read_before = reader == nullptr ? 0 : reader->count(),
              .mutex = {},
              .fault = {}};
  std::vector<std::unique_ptr<PublisherService::Stub>> stubs;
  std::vector<std::thread> threads;
  if (method == Method::kLargeAlone) {
    threads.emplace_back([&] { RunStream(address, events, kLargeInterval, round); });
  }
  for (size_t i = 0; i < kChannels && method != Method::kLargeAlone; ++i) {
    if (method == Method::kBatch) {
      threads.emplace_back([&] { RunBatches(address, events, round); });
      continue;
    }
    if (method == Method::kPublishStream || method == Method::kJsonStream) {
      threads.emplace_back([&] { RunStream(address, events, base::Duration(0), round); });
      continue;
    }
    PublisherService::Stub& stub = *stubs.emplace_back(Connect(address));
    for (size_t call = 0; call < kCallsPerChannel; ++call) {
      threads.emplace_back([&] { RunCalls(stub, events, round); });
    }
  }
  for (std::thread& thread : threads) thread.join();
  if (reader != nullptr) round.WaitForReader(round.acknowledged.load());
  base::MutexLock lock(round.mutex);
  if (!round.fault.empty()) throw testing::Failure(round.fault);
  return round.acknowledged.load();
}

}  // namespace ssegw::bench
