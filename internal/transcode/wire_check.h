#ifndef SSEGW_INTERNAL_TRANSCODE_WIRE_CHECK_H_
#define SSEGW_INTERNAL_TRANSCODE_WIRE_CHECK_H_

#include <string_view>

#include "absl/status/status.h"
#include "internal/transcode/plan.h"

namespace ssegw::transcode {

// Checks that wire is a well-formed message of this type, that every string in it is valid UTF-8,
// and that nothing is nested deeper than kMaxMessageDepth. depth: of the message itself. The
// content of an Any is bytes here.
//
// Errors: INVALID_ARGUMENT, "malformed <type>: …" or "invalid UTF-8 in <field>" or "… is nested …".
// Cost:   one pass, no allocation if nothing is wrong.
absl::Status CheckWire(const MessagePlan& plan, std::string_view wire, int depth);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_WIRE_CHECK_H_
