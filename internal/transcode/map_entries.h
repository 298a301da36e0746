#ifndef SSEGW_INTERNAL_TRANSCODE_MAP_ENTRIES_H_
#define SSEGW_INTERNAL_TRANSCODE_MAP_ENTRIES_H_

#include "absl/container/inlined_vector.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/wire_reader.h"
#include "internal/transcode/wire_value.h"

namespace ssegw::transcode {

struct MapEntry {
  WireValue key;
  WireValue value;
};

using MapEntries = absl::InlinedVector<MapEntry, 16>;

// The order in which a map is written: so that equal maps are equal texts.
bool KeyIsLess(const MapEntry& a, const MapEntry& b);

// Reads the entries of the map field whose first tag has been read, and sorts them by their keys.
// False for malformed bytes, and for an entry with two keys or two values. A key that several
// entries have stays several times.
bool ReadMapEntries(const FieldPlan& field, const WireTag& tag, WireReader& reader,
                    MapEntries& entries);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_MAP_ENTRIES_H_
