#ifndef SSEGW_GATEWAY_INGEST_GRPC_STATUS_H_
#define SSEGW_GATEWAY_INGEST_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <chrono>

#include "absl/status/status.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {

// What RESOURCE_EXHAUSTED tells a publisher to wait. What it stands for lasts seconds: the gateway
// looks at its memory ten times a second, but takes a refusal back only well below where it began.
inline constexpr std::chrono::seconds kRetryDelay{1};

// The one place where our statuses become gRPC's: as the outcome of a call, and as the error inside
// an answer. The message is made fit to be sent (error_text.h). RESOURCE_EXHAUSTED says when to try
// again: by google.rpc.RetryInfo in the details of the status, which gRPC sends as
// grpc-status-details-bin, and by retry_delay in the answer.
grpc::Status ToGrpcStatus(const absl::Status& status);
void SetError(const absl::Status& status, ssegateway::v1::Error* error);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_GRPC_STATUS_H_
