#ifndef SSEGW_TESTS_UNIT_TRANSCODE_BOTH_WAYS_H_
#define SSEGW_TESTS_UNIT_TRANSCODE_BOTH_WAYS_H_

#include <string>
#include <string_view>

#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Each of the 16 sets of options, by its number.
inline constexpr int kOptionSets = 16;
JsonOptions OptionsOf(int set);

// What the gateway and the reference (internal/transcode/reference) make of the same bytes.
struct BothWays {
  bool is_answered = false;
  // Empty where the promise holds: both have the same JSON value, or refuse the bytes; but the
  // gateway also refuses paths of a FieldMask that have no JSON form. Otherwise what is the matter,
  // for a person.
  std::string difference;
  std::string json;  // the gateway's, or why it refuses
};

// For a type of AcmeSchemas(). Any bytes will do: this is what tests/fuzz calls.
//
// Thread: any. The plans of an option set are compiled at its first use.
BothWays TranscodeBothWays(int option_set, std::string_view type, std::string_view wire);

}  // namespace ssegw::transcode

#endif  // SSEGW_TESTS_UNIT_TRANSCODE_BOTH_WAYS_H_
