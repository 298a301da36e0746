#ifndef SSEGW_INTERNAL_TRANSCODE_IN_ORDER_H_
#define SSEGW_INTERNAL_TRANSCODE_IN_ORDER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Writes the same message in the order in which WriteInOnePass reads it: each field once, the parts
// of one that came several times merged as protobuf's parser merges them, all values of a repeated
// field together, each key of a map once, of a oneof only its last member, no unknown fields; and
// so in every message inside, also inside of an Any. depth: how deep the message itself lies.
//
// Thread: any.
// Errors: as of CheckWire, of the message and of what each Any in it holds; INVALID_ARGUMENT where
//         the type of an Any is unknown. *unknown, if there is one, gets the first unknown field.
// Cost:   memory for a copy of the message and for where each field of it is.
absl::Status InOrder(const Plans& plans, const MessagePlan& plan, std::string_view wire, int depth,
                     std::string* ordered, UnknownFieldRef* unknown);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_IN_ORDER_H_
