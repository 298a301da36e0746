#ifndef SSEGW_GATEWAY_AUTH_AUTH_STATS_H_
#define SSEGW_GATEWAY_AUTH_AUTH_STATS_H_

#include <cstdint>
#include <string_view>

#include "gateway/auth/token.h"
#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::auth {

// auth_total{side}
enum class Side : uint8_t { kSubscriber, kPublisher, kLast = kPublisher };
std::string_view NameOf(Side side);

// auth_total{result}: what the check of a request's credentials comes to.
enum class Result : uint8_t {
  kOk,
  kAnonymous,  // without credentials, within what such requests get
  kMissing,    // without credentials that are needed
  // A token is refused, by its Failure; malformed also: several credentials where there may be one.
  kMalformed,
  kAlgorithm,
  kKey,
  kSignature,
  kExpired,  // also of a ticket
  kNotYet,
  kIssuer,
  kAudience,
  kTicket,     // no ticket that this gateway's keys open
  kOrigin,     // a ticket that is bound to another origin
  kForbidden,  // what is asked for is not granted
  kLast = kForbidden,
};
std::string_view NameOf(Result result);
Result ResultOf(Failure failure);

// Thread: any.
struct AuthStats {
  base::EnumArray<Side, base::EnumArray<Result, metrics::SharedCounter>> checked;
  // Filters that a claim should have given and could not.
  metrics::SharedCounter voided_grants;
  // Of --ticket_key_file.
  metrics::SharedCounter ticket_key_reloads_ok;
  metrics::SharedCounter ticket_key_reloads_failed;

  void Count(Side side, Result result) { checked[side][result].Add(); }
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_AUTH_STATS_H_
