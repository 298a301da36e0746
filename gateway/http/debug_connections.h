#ifndef SSEGW_GATEWAY_HTTP_DEBUG_CONNECTIONS_H_
#define SSEGW_GATEWAY_HTTP_DEBUG_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"
#include "internal/net/stream/connection_info.h"

namespace ssegw::http {

inline constexpr size_t kDefaultSlowest = 20;
inline constexpr size_t kMaxSlowest = 1000;
// A shard that has not answered after this time is stuck or overloaded.
inline constexpr base::Duration kShardPatience = std::chrono::seconds(5);

// k of a query; kDefaultSlowest if it has none. INVALID_ARGUMENT says what is wrong with it.
absl::StatusOr<size_t> ParseSlowest(std::string_view query);

// Calls done, on any thread, with a shard's slowest connections, at most count.
using FindSlowest =
    std::function<void(size_t count, std::function<void(std::vector<net::ConnectionInfo>)> done)>;

// Asks every shard; the answer is the SlowestDocument of those that have answered in time. open:
// how many connections there are.
net::HttpLater AskForSlowest(std::vector<FindSlowest> shards, std::function<uint64_t()> open,
                             size_t k);

// What a shard answered; nullopt if it has not.
using ShardAnswer = std::optional<std::vector<net::ConnectionInfo>>;

// {"open":…,"unanswered_shards":[…],"connections":[…]}: the k slowest of all, slowest first.
// docs/operations/debugging.md says what the members are.
std::string SlowestDocument(uint64_t open, const std::vector<ShardAnswer>& by_shard, size_t k);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_DEBUG_CONNECTIONS_H_
