#ifndef SSEGW_GATEWAY_OPERATORS_LIFECYCLE_CALLS_H_
#define SSEGW_GATEWAY_OPERATORS_LIFECYCLE_CALLS_H_

#include <string>
#include <string_view>

#include "gateway/connections/lifecycle.h"
#include "internal/net/service/http_service.h"

namespace ssegw::operators {

// What is known of connections that come and go, as JSON.
//
// Thread:   any.
// Lifetime: the lifecycle outlives it and its answers.
// Errors:   problem+json: a bad parameter 400.
// Cost:     the first question begins to keep the events, as the first watcher does. A search goes
//           through the log a piece at a time, with turns for others.
class LifecycleCalls {
 public:
  explicit LifecycleCalls(connections::Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

  // {"since":…,"events":[…],"before":…}: the events, the newest first, and since when all are
  // known. "before" is there where older ones may fit: the parameter of the next page. id: of a
  // connection; empty: those that the query chooses (ParseLifecycleQuery).
  net::HttpReply Find(const std::string& id, std::string_view query) const;

 private:
  connections::Lifecycle& lifecycle_;
};

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_LIFECYCLE_CALLS_H_
