#include "gateway/ingest/health_service.h"

#include <optional>
#include <string>

#include "gateway/ingest/error_text.h"
#include "gateway/ingest/grpc_status.h"
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

absl::Status ShuttingDownError() { return absl::UnavailableError("the gateway shuts down"); }

}  // namespace

// One Watch call. Holds the newest status only: a watcher that is slow misses what is no longer
// true.
//
// Thread:   reactions by gRPC's threads; Tell and End any.
// Lifetime: deletes itself in OnDone.
class HealthWatch final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  HealthWatch(HealthService* service, bool known) : service_(service), known_(known) {}

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
      response_.set_status(told_);
      writing_ = true;
      StartWrite(&response_);
    }
  }

  HealthService* const service_;
  const bool known_;
  base::Mutex mutex_;
  HealthCheckResponse response_ ABSL_GUARDED_BY(mutex_);
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
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (!IsKnown(request->service())) {
    reactor->Finish(ToGrpcStatus(absl::NotFoundError(
        base::Concat("service ", Quoted(request->service()), " is not known here"))));
    return reactor;
  }
  {
    const base::MutexLock lock(mutex_);
    response->set_status(ToServingStatus(serving_));
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* /*context*/, const HealthCheckRequest* request) {
  const bool known = IsKnown(request->service());
  auto* const watch = new HealthWatch(this, known);
  const base::MutexLock lock(mutex_);
  watches_.insert(watch);
  watch->Tell(known ? ToServingStatus(serving_) : HealthCheckResponse::SERVICE_UNKNOWN);
  if (ended_) watch->End(ShuttingDownError());
  return watch;
}

size_t HealthService::OpenWatchesForTest() {
  const base::MutexLock lock(mutex_);
  return watches_.size();
}

void HealthService::Remove(HealthWatch* watch) {
  const base::MutexLock lock(mutex_);
  watches_.erase(watch);
}

}  // namespace ssegw::ingest
