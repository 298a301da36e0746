#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_STORED_EVENT_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_STORED_EVENT_H_

#include <string>
#include <string_view>

#include "internal/base/ref_ptr.h"
#include "internal/base/time.h"
#include "internal/sse/frame.h"

// An event as the data of a message in the log: proto/ssegateway/store/v1/stored_event.proto.
namespace ssegw::store::jetstream {

// What runs out after more than a hundred years never does.
std::string EncodeStoredEvent(const sse::Frame& frame, std::string_view writer);

// The frame that every replica makes of it, but for its moments on the monotonic clock, which
// follow from now. nullptr: not an event: other bytes, neither JSON nor a deletion, a line end in
// the JSON, a type with control characters or of the gateway's own, a time beyond the calendar of
// clocks.
base::RefPtr<sse::Frame> DecodeStoredEvent(std::string_view topic, std::string_view key,
                                           std::string_view data, base::Moment now);

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_STORED_EVENT_H_
