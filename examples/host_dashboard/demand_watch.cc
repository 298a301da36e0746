#include "examples/host_dashboard/demand_watch.h"

#include <utility>

#include "examples/host_dashboard/gateway_channel.h"

namespace host_dashboard {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::WatchDemandRequest;
using ssegateway::v1::WatchDemandResponse;

bool IsTokenByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Of UTF-8: a byte that goes on with a character.
bool GoesOn(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string TopicOf(const std::string& dashboard_id) {
  std::string topic = "dashboards.";
  for (const char c : dashboard_id) {
    if (!GoesOn(c)) topic += IsTokenByte(c) ? c : '_';
  }
  return topic;
}

DemandWatch::DemandWatch(PublisherOptions options, std::string topic)
    : options_(std::move(options)),
      topic_(std::move(topic)),
      backoff_(options_.first_backoff, options_.max_backoff),
      thread_([this] { Run(); }) {}

DemandWatch::~DemandWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
    stop_.notify_all();
  }
  thread_.join();
}

void DemandWatch::Run() {
  grpc::StatusCode last = grpc::StatusCode::OK;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const grpc::Status status = Listen();
    lock.lock();
    somebody_looks_ = true;
    if (stopping_) return;
    // The stream of dashboards says it too where the gateway is away.
    if (status.error_code() != last && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
      options_.log("whether anybody looks is not known: " + status.error_message() + " (code " +
                   std::to_string(status.error_code()) + "); publishing always");
    }
    last = status.error_code();
    stop_.wait_for(lock, backoff_.Next(), [this] { return stopping_; });
  }
}

grpc::Status DemandWatch::Listen() {
  grpc::ClientContext context;
  AddToken(options_, context);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return grpc::Status::CANCELLED;
    context_ = &context;
  }
  WatchDemandRequest request;
  request.add_filters(topic_);
  const auto stub = PublisherService::NewStub(ChannelFor(options_));
  const auto call = stub->WatchDemand(&context, request);
  for (WatchDemandResponse response; call->Read(&response);) {
    Tell(response.connections() > 0);
  }
  const grpc::Status status = call->Finish();
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  return status;
}

void DemandWatch::Tell(bool somebody_looks) {
  {
    const std::lock_guard lock(mutex_);
    backoff_.Reset();
  }
  if (somebody_looks_.exchange(somebody_looks) == somebody_looks) return;
  options_.log(somebody_looks ? "somebody looks: publishing" : "nobody looks: waiting");
}

}  // namespace host_dashboard
