#ifndef SSEGW_INTERNAL_TRANSCODE_SCHEMA_COMPAT_H_
#define SSEGW_INTERNAL_TRANSCODE_SCHEMA_COMPAT_H_

#include <string>
#include <vector>

#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Why after cannot take the place of before while publishers and pages go on: one line each, in the
// order of before's files; empty: it can. After what is compatible, each event that was taken is
// taken, and its JSON has the same members with values of the same kind. The rule, which is the
// WIRE_JSON category of `buf breaking` but for what it asks beyond that:
//  - Every message type is still there.
//  - Every field is there with its number, type, JSON name, and of a message or enum the same type;
//    it is repeated, a map or a single one as before. Or it is gone, and its number and name are
//    both reserved. An extension is there, by its full name.
//  - No field becomes required, and no two fields that could be set together exclude one another.
//  - Every number of an enum has the name it had; or it is gone, and number and name are reserved.
//  - An edition that was known is not one that is unknown.
// Names of fields in place of JSON names where options say so, and no names of enum values where
// they are written as numbers. Whatever is new is compatible.
//
// Thread: any.
std::vector<std::string> CompatibilityFaults(const SchemaPool& before, const SchemaPool& after,
                                             const JsonOptions& options);

// Whether both have the same files with the same definitions.
bool HaveSameFiles(const SchemaPool& a, const SchemaPool& b);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCHEMA_COMPAT_H_
