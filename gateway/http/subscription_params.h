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

// A head of 32 KiB has room for so many of up to 25 characters.
inline constexpr size_t kMaxFilters = 1000;
// Of all filters of a stream together, since each token may cost more than the byte that it is: as
// many filters of 25 characters and eight tokens.
inline constexpr size_t kMaxFilterBytes = 25 * kMaxFilters;
inline constexpr size_t kMaxFilterTokens = 8 * kMaxFilters;

// What 1/maxRate is brought into. Below is finer than timers are; above nobody waits.
inline constexpr base::Duration kShortestInterval = std::chrono::milliseconds(1);
inline constexpr base::Duration kLongestInterval = std::chrono::hours(24);

// What heartbeatInterval may be.
inline constexpr std::chrono::seconds kShortestHeartbeatInterval(1);
inline constexpr std::chrono::seconds kLongestHeartbeatInterval(300);

// The query of /v1/events, and the Last-Event-ID field (empty: none), which wins. A Problem names
// the parameter. Unknown parameters are ignored, whatever is in them; but a name that was meant to
// be one of these (parameter_name.h) is refused: a filter that is dropped without a word subscribes
// to everything.
//
// topic is repeatable. Of ids the last one that is not empty counts: what reconnects by query
// appends its id to a URL that may have one already. Any other parameter given twice is refused,
// since nobody can know which one was meant.
//
// An id is never refused, whatever it decodes to: a native EventSource does not come back after a
// 400, and gateway.reset tells a page the same.
std::variant<fanout::SubscriptionRequest, Problem> ParseSubscription(std::string_view query,
                                                                     std::string_view last_event_id,
                                                                     fanout::Mode default_mode);

// The topic parameters alone, by the same rules; all other names are unknown ones.
std::variant<window::Filters, Problem> ParseFilters(std::string_view query);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SUBSCRIPTION_PARAMS_H_
