#ifndef SSEGW_INTERNAL_TRANSCODE_IN_ORDER_H_
#define SSEGW_INTERNAL_TRANSCODE_IN_ORDER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Writes the same message in the order in which WriteInOnePass reads it: each field once, with its
// parts merged as protobuf's parser merges them, all values of a repeated field together, each key
// of a map once, only the last member of a oneof, no unknown fields. The same holds for every
// message inside, also inside an Any. depth: of the message itself.
//
// Thread: any.
// Errors: as CheckWire, for the message and for the content of each Any in it; INVALID_ARGUMENT if
//         the type of an Any is unknown. unknown, unless null, gets the first unknown field.
// Cost:   memory for a copy of the message and for the place of each of its fields.
absl::Status InOrder(const Plans& plans, const MessagePlan& plan, std::string_view wire, int depth,
                     std::string* ordered, UnknownFieldRef* unknown);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_IN_ORDER_H_
