#include "gateway/ingest/grpc_status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/ingest/error_text.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"

namespace ssegw::ingest {
namespace {

constexpr char kRetryInfoType[] = "type.googleapis.com/google.rpc.RetryInfo";

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void AppendField(uint32_t number, std::string_view bytes, std::string* out) {
  constexpr uint32_t kLengthDelimited = 2;
  AppendVarint(number << 3 | kLengthDelimited, out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

google::protobuf::Duration RetryDelay() {
  google::protobuf::Duration delay;
  delay.set_seconds(kRetryDelay.count());
  return delay;
}

// A google.rpc.Status{code = 1, message = 2, details = 3} with a RetryInfo{retry_delay = 1}.
// Written field by field: these types are in no package of the build, and as compiled-in ones they
// would meet those of a publisher's descriptor set.
std::string DetailsWithRetryInfo(int code, std::string_view message) {
  google::protobuf::Any detail;
  detail.set_type_url(kRetryInfoType);
  AppendField(1, RetryDelay().SerializeAsString(), detail.mutable_value());
  std::string status = "\x08";
  AppendVarint(static_cast<uint64_t>(code), &status);
  AppendField(2, message, &status);
  AppendField(3, detail.SerializeAsString(), &status);
  return status;
}

grpc::StatusCode ToGrpcCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return grpc::StatusCode::OK;
    case absl::StatusCode::kCancelled:
      return grpc::StatusCode::CANCELLED;
    case absl::StatusCode::kInvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case absl::StatusCode::kDeadlineExceeded:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case absl::StatusCode::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case absl::StatusCode::kAlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case absl::StatusCode::kPermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case absl::StatusCode::kResourceExhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case absl::StatusCode::kFailedPrecondition:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case absl::StatusCode::kAborted:
      return grpc::StatusCode::ABORTED;
    case absl::StatusCode::kOutOfRange:
      return grpc::StatusCode::OUT_OF_RANGE;
    case absl::StatusCode::kUnimplemented:
      return grpc::StatusCode::UNIMPLEMENTED;
    case absl::StatusCode::kInternal:
      return grpc::StatusCode::INTERNAL;
    case absl::StatusCode::kUnavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case absl::StatusCode::kDataLoss:
      return grpc::StatusCode::DATA_LOSS;
    case absl::StatusCode::kUnauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    default:
      return grpc::StatusCode::UNKNOWN;
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const grpc::StatusCode code = ToGrpcCode(status.code());
  std::string message = SendableError(MessageOf(status));
  if (code != grpc::StatusCode::RESOURCE_EXHAUSTED) return {code, std::move(message)};
  std::string details = DetailsWithRetryInfo(code, message);
  return {code, std::move(message), std::move(details)};
}

void SetError(const absl::Status& status, ssegateway::v1::Error* error) {
  // google.rpc.Code and gRPC's codes are the same numbers.
  error->set_code(static_cast<int>(ToGrpcCode(status.code())));
  error->set_message(SendableError(MessageOf(status)));
  if (absl::IsResourceExhausted(status)) *error->mutable_retry_delay() = RetryDelay();
}

}  // namespace ssegw::ingest
