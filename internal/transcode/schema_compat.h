#ifndef SSEGW_INTERNAL_TRANSCODE_SCHEMA_COMPAT_H_
#define SSEGW_INTERNAL_TRANSCODE_SCHEMA_COMPAT_H_

#include <string>
#include <vector>

#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// The reasons why `after` cannot replace `before` while publishers and pages go on, a line each, in
// the order of before's files; empty if it can. If it can, each event that was accepted still is,
// and its JSON has the same members with values of the same kind. The rule is the WIRE_JSON
// category of `buf breaking`, without what that asks beyond this:
//  - Every message type is still there.
//  - Every field is still there with its number, type and JSON name, a message or enum field with
//    the same type, and is still repeated, a map, or single. Or the field is gone, and its number
//    and name are both reserved. An extension is still there, by its full name.
//  - No field becomes required, and no two fields that could be set together exclude one another.
//  - Every number of an enum keeps its name; or it is gone, and number and name are reserved.
//  - A known edition does not become an unknown one.
// Names of fields count instead of JSON names if the options say so; names of enum values do not
// count if enums are written as numbers. What is new is compatible.
//
// Thread: any.
std::vector<std::string> CompatibilityFaults(const SchemaPool& before, const SchemaPool& after,
                                             const JsonOptions& options);

// True if both have the same files with the same definitions.
bool HaveSameFiles(const SchemaPool& a, const SchemaPool& b);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCHEMA_COMPAT_H_
