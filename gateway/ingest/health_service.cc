#include "gateway/ingest/health_service.h"

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/error_text.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.grpc.pb.h"

namespace ssegw::ingest {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ServingStatus = HealthCheckResponse::ServingStatus;

bool IsKnown(const std::string& service) {
  return service.empty() || service == ssegateway::v1::PublisherService::service_full_name();
}

ServingStatus ToServingStatus(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

// A name is short; one of any length may be asked for.
constexpr size_t kMaxRequestBytes = 4096;

absl::StatusOr<std::string> ServiceOf(const grpc::ByteBuffer& bytes,
                                      grpc::CallbackServerContext* context) {
  const ReceivedMessage message(bytes, context, LimitOfEvent(kMaxRequestBytes));
  if (!message.status().ok()) return message.status();
  HealthCheckRequest request;
  if (!request.ParseFromArray(message.view().data(), static_cast<int>(message.view().size()))) {
    return absl::InvalidArgumentError("request is no HealthCheckRequest");
  }
  return request.service();
}

absl::Status ShuttingDownError() { return absl::UnavailableError("the gateway shuts down"); }

}  // namespace

// One Watch call. Holds the newest status only: a watcher that is slow misses what is no longer
// true.
//
// Thread:   reactions by gRPC's threads; Tell and End any.
// Lifetime: deletes itself in OnDone.
class HealthWatch final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  HealthWatch(HealthService* service, bool known, bool counts)
      : service_(service), known_(known), counts_(counts) {}

  // Among the calls that stay open.
  bool counts() const { return counts_; }
  bool known() const { return known_; }

  void Tell(ServingStatus status) {
    const base::MutexLock lock(mutex_);
    newest_ = status;
    Advance();
  }
  void End(const absl::Status& status) {
    const base::MutexLock lock(mutex_);
    end_ = status;
    Advance();
  }

  void OnWriteDone(bool ok) override {
    const base::MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) end_ = absl::CancelledError("the watcher is gone");
    Advance();
  }
  void OnCancel() override { End(absl::CancelledError("the watcher is gone")); }
  void OnDone() override {
    service_->Remove(this);
    delete this;
  }

 private:
  ~HealthWatch() override = default;

  // Starts what is due, unless something is under way.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (end_.has_value()) {
      finished_ = true;
      Finish(ToGrpcStatus(*end_));
    } else if (told_ != newest_) {
      told_ = newest_;
      HealthCheckResponse response;
      response.set_status(told_);
      response_ = ToByteBuffer(response);
      writing_ = true;
      StartWrite(&response_);
    }
  }

  HealthService* const service_;
  const bool known_;
  const bool counts_;
  base::Mutex mutex_;
  grpc::ByteBuffer response_ ABSL_GUARDED_BY(mutex_);
  // UNKNOWN is never told: it means that nothing was.
  ServingStatus newest_ ABSL_GUARDED_BY(mutex_) = HealthCheckResponse::UNKNOWN;
  ServingStatus told_ ABSL_GUARDED_BY(mutex_) = HealthCheckResponse::UNKNOWN;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

void HealthService::SetServing(bool serving) {
  const base::MutexLock lock(mutex_);
  serving_ = serving;
  for (HealthWatch* watch : watches_) {
    if (watch->known()) watch->Tell(ToServingStatus(serving));
  }
}

void HealthService::EndWatches() {
  const base::MutexLock lock(mutex_);
  ended_ = true;
  for (HealthWatch* watch : watches_) watch->End(ShuttingDownError());
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  connections_->Called(PeerOf(*context));
  const absl::StatusOr<std::string> service = ServiceOf(*request, context);
  if (!service.ok()) {
    reactor->Finish(ToGrpcStatus(service.status()));
    return reactor;
  }
  if (!IsKnown(*service)) {
    reactor->Finish(ToGrpcStatus(
        absl::NotFoundError(base::Concat("service ", Quoted(*service), " is not known here"))));
    return reactor;
  }
  HealthCheckResponse answer;
  {
    const base::MutexLock lock(mutex_);
    answer.set_status(ToServingStatus(serving_));
  }
  *response = ToByteBuffer(answer);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HealthService::Watch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const absl::StatusOr<std::string> service = ServiceOf(*request, context);
  const bool known = service.ok() && IsKnown(*service);
  connections_->Called(PeerOf(*context));
  const absl::Status room = streams_->Take();
  auto* const watch = new HealthWatch(this, known, room.ok());
  const base::MutexLock lock(mutex_);
  watches_.insert(watch);
  watch->Tell(known ? ToServingStatus(serving_) : HealthCheckResponse::SERVICE_UNKNOWN);
  if (!service.ok()) watch->End(service.status());
  if (!room.ok()) watch->End(room);
  if (ended_) watch->End(ShuttingDownError());
  return watch;
}

size_t HealthService::OpenWatchesForTest() {
  const base::MutexLock lock(mutex_);
  return watches_.size();
}

void HealthService::Remove(HealthWatch* watch) {
  if (watch->counts()) streams_->Give();
  const base::MutexLock lock(mutex_);
  watches_.erase(watch);
}

}  // namespace ssegw::ingest
