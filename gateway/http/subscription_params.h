#ifndef SSEGW_GATEWAY_HTTP_SUBSCRIPTION_PARAMS_H_
#define SSEGW_GATEWAY_HTTP_SUBSCRIPTION_PARAMS_H_

#include <chrono>
#include <cstddef>
#include <string_view>
#include <variant>

#include "gateway/http/problem.h"
#include "internal/base/time.h"
#include "internal/fanout/subscription_request.h"
#include "internal/window/filter.h"

namespace ssegw::http {

// A head of 32 KiB has room for this many filters of up to 25 characters.
inline constexpr size_t kMaxFilters = 1000;
// For all filters of a connection together, since a token may cost more than its one byte: room for
// that many filters of 25 characters and eight tokens.
inline constexpr size_t kMaxFilterBytes = 25 * kMaxFilters;
inline constexpr size_t kMaxFilterTokens = 8 * kMaxFilters;

// 1/maxRate is clamped to this range: timers are not finer, and no page waits longer.
inline constexpr base::Duration kShortestInterval = std::chrono::milliseconds(1);
inline constexpr base::Duration kLongestInterval = std::chrono::hours(24);

// What heartbeatInterval may be.
inline constexpr std::chrono::seconds kShortestHeartbeatInterval(1);
inline constexpr std::chrono::seconds kLongestHeartbeatInterval(300);

// Reads the query of /v1/events, and the Last-Event-ID field (may be empty), which overrides the
// query's id. A Problem names the parameter. Unknown parameters are ignored, whatever they hold;
// but a name that was meant to be a known one (parameter_name.h) is refused: a filter that is
// silently dropped subscribes to everything.
//
// topic may be repeated. Of several ids the last one that is not empty counts: a client that
// reconnects by query appends its id to a URL that may have one already. Any other parameter that
// is given twice is refused, since it is not clear which one was meant.
//
// An id is never refused, whatever it decodes to: a native EventSource does not come back after a
// 400, and gateway.reset tells a page the same.
std::variant<fanout::SubscriptionRequest, Problem> ParseSubscription(std::string_view query,
                                                                     std::string_view last_event_id,
                                                                     fanout::Mode default_mode);

// Reads only the topic parameters, by the same rules; all other names are unknown.
std::variant<window::Filters, Problem> ParseFilters(std::string_view query);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SUBSCRIPTION_PARAMS_H_
