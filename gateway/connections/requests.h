#ifndef SSEGW_GATEWAY_CONNECTIONS_REQUESTS_H_
#define SSEGW_GATEWAY_CONNECTIONS_REQUESTS_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/connections/connections.h"
#include "internal/net/stream/shard_connections.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

inline constexpr size_t kDefaultPageSize = 100;
inline constexpr size_t kMaxPageSize = 1000;
inline constexpr size_t kMaxIds = 1000;
inline constexpr std::chrono::hours kMaxRetry{24};

// The requests of connections.proto, checked. Errors: INVALID_ARGUMENT names the field.

// With the connections of one page.
absl::StatusOr<net::PageWanted> ParseList(const ssegateway::v1::ListConnectionsRequest& request);

struct CloseOrder {
  std::vector<std::string> ids = {};  // of any form
  std::optional<net::ConnectionCriteria> criteria = {};
  std::optional<std::chrono::milliseconds> retry = {};
};
absl::StatusOr<CloseOrder> ParseClose(const ssegateway::v1::CloseConnectionsRequest& request);

// Whether it may be sent.
absl::Status CheckMessage(const Message& message, size_t max_bytes);

// The number of a connection whose id begins with that; nullopt: it is no such id.
std::optional<uint64_t> NumberOf(std::string_view id, std::string_view prefix);

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_REQUESTS_H_
