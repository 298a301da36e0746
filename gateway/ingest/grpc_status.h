#ifndef SSEGW_GATEWAY_INGEST_GRPC_STATUS_H_
#define SSEGW_GATEWAY_INGEST_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {

// The one place where our statuses become gRPC's: as the outcome of a call, and as the error inside
// an answer. The message is made fit to be sent (error_text.h).
grpc::Status ToGrpcStatus(const absl::Status& status);
void SetError(const absl::Status& status, ssegateway::v1::Error* error);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_GRPC_STATUS_H_
