#ifndef SSEGW_INTERNAL_TRANSCODE_ONE_PASS_H_
#define SSEGW_INTERNAL_TRANSCODE_ONE_PASS_H_

#include <string_view>

#include "internal/transcode/json_writer.h"
#include "internal/transcode/plan.h"

namespace ssegw::transcode {

// Writes the JSON of a message while reading its bytes once, front to back, without a message
// object in between.
//
// It handles what serializers write. False, with what json holds unspecified, for everything that
// cannot be told or done in one pass: a field or a member of a oneof given twice, a repeated field
// in pieces, a map key twice, groups, unknown values of closed enums; and for every fault, from
// malformed bytes to a Timestamp out of range. The caller then takes the other way, which finds out
// what it was.
//
// Thread: any. Recursion goes as deep as the message, kMaxMessageDepth at most.
// Cost:   1.3 µs for a Dashboard whose JSON has 844 bytes (./dev bench micro); no allocation but by
//         json.
bool WriteInOnePass(const Plans& plans, const MessagePlan& plan, std::string_view wire,
                    JsonWriter& json);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_ONE_PASS_H_
