#ifndef SSEGW_INTERNAL_TRANSCODE_ONE_PASS_H_
#define SSEGW_INTERNAL_TRANSCODE_ONE_PASS_H_

#include <string_view>

#include "internal/transcode/json_writer.h"
#include "internal/transcode/pass_notes.h"
#include "internal/transcode/plan.h"

namespace ssegw::transcode {

// Writes the JSON of a message while it reads the bytes once, front to back, without a message
// object in between.
//
// It handles what serializers write. Returns false, with json unspecified, for every fault, for
// more JSON than json may take (json.is_full()), and for what takes more than one pass: a field or
// a member of a oneof given twice, a repeated field in pieces, a map key twice, unknown values of
// closed enums. Bytes that InOrder() wrote have none of the latter.
//
// Thread: any. Recursion goes as deep as the message, kMaxMessageDepth at most.
// Cost:   1.3 µs for a Dashboard whose JSON has 844 bytes (./dev bench micro); no allocation
//         except by json and for notes.
bool WriteInOnePass(const Plans& plans, const MessagePlan& plan, std::string_view wire,
                    JsonWriter& json, PassNotes* notes);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_ONE_PASS_H_
