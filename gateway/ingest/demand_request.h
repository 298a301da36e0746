#ifndef SSEGW_GATEWAY_INGEST_DEMAND_REQUEST_H_
#define SSEGW_GATEWAY_INGEST_DEMAND_REQUEST_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/window/filter.h"

namespace ssegw::ingest {

inline constexpr size_t kMaxDemandFilters = 1000;

// What a WatchDemandRequest asks for. INVALID_ARGUMENT: nothing, too much, a bad filter, or bytes
// that are no request; also the errors of ReceivedMessage.
absl::StatusOr<std::vector<window::Filter>> DemandFiltersOf(const grpc::ByteBuffer& bytes,
                                                            grpc::CallbackServerContext* context);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_DEMAND_REQUEST_H_
