#ifndef SSEGW_INTERNAL_SSE_EVENT_TYPE_H_
#define SSEGW_INTERNAL_SSE_EVENT_TYPE_H_

#include <string_view>

#include "absl/status/status.h"

namespace ssegw::sse {

// OK if others may give an event that name; otherwise INVALID_ARGUMENT saying which rule it breaks.
// type: valid UTF-8; empty is none.
//
// An event stream has no escapes, so what some readers of streams trim, or split lines at, must not
// be in a type: their pages would never see it under the name that they listen for.
absl::Status ValidateEventType(std::string_view type);

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_EVENT_TYPE_H_
