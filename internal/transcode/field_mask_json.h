#ifndef SSEGW_INTERNAL_TRANSCODE_FIELD_MASK_JSON_H_
#define SSEGW_INTERNAL_TRANSCODE_FIELD_MASK_JSON_H_

#include <string_view>

#include "internal/transcode/json_writer.h"
#include "internal/transcode/pass_notes.h"

namespace ssegw::transcode {

// Writes a google.protobuf.FieldMask: "userName,a.bC" of the paths user_name and a.b_c
// (field_mask.proto). False for malformed bytes, and for a path without a JSON form, which notes
// get.
bool WriteFieldMask(std::string_view wire, JsonWriter& json, PassNotes* notes);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_FIELD_MASK_JSON_H_
