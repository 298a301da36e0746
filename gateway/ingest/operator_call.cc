#include "gateway/ingest/operator_call.h"

#include "gateway/ingest/grpc_status.h"

namespace ssegw::ingest {

OperationResult ResultOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return OperationResult::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return OperationResult::kInvalid;
    case absl::StatusCode::kNotFound:
      return OperationResult::kNotFound;
    case absl::StatusCode::kResourceExhausted:
      return OperationResult::kExhausted;
    case absl::StatusCode::kDeadlineExceeded:
      return OperationResult::kExpired;
    case absl::StatusCode::kPermissionDenied:
      return OperationResult::kForbidden;
    case absl::StatusCode::kCancelled:
      return OperationResult::kCancelled;
    default:
      return OperationResult::kUnavailable;
  }
}

void OperatorCallEnd::Finish(const absl::Status& status, const grpc::ByteBuffer& response) {
  const base::MutexLock lock(mutex_);
  if (reactor_ == nullptr) return;
  if (status.ok()) *response_ = response;
  FinishLocked(status);
}

void OperatorCallEnd::FinishLocked(const absl::Status& status) {
  stats_.operations[operation_][ResultOf(status.code())].Add();
  std::exchange(reactor_, nullptr)->Finish(ToGrpcStatus(status));
}

void OperatorCallEnd::Refuse(const std::function<grpc::Status()>& refuse) {
  const base::MutexLock lock(mutex_);
  if (reactor_ != nullptr) std::exchange(reactor_, nullptr)->Finish(refuse());
}

bool OperatorCallEnd::Passes(const std::function<absl::Status()>& check) {
  const base::MutexLock lock(mutex_);
  if (reactor_ == nullptr) return false;
  const absl::Status status = check();
  if (!status.ok()) FinishLocked(status);
  return status.ok();
}

void OperatorCallEnd::FinishElsewhere(const std::shared_ptr<OperatorCallEnd>& end,
                                      absl::StatusOr<grpc::ByteBuffer> answer) {
  // While the call is there the workers are too.
  const base::MutexLock lock(end->mutex_);
  if (end->reactor_ == nullptr) return;
  end->workers_.Run([end, answer = std::move(answer)] {
    end->Finish(answer.status(), answer.ok() ? *answer : grpc::ByteBuffer());
  });
}

void OperatorCallEnd::Detach() {
  const base::MutexLock lock(mutex_);
  reactor_ = nullptr;
}

}  // namespace ssegw::ingest
