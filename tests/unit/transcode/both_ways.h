#ifndef SSEGW_TESTS_UNIT_TRANSCODE_BOTH_WAYS_H_
#define SSEGW_TESTS_UNIT_TRANSCODE_BOTH_WAYS_H_

#include <string>
#include <string_view>

#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Each of the 16 sets of options, by its number.
inline constexpr int kOptionSets = 16;
JsonOptions OptionsOf(int set);

// What both ways make of the same bytes.
struct BothWays {
  bool one_pass_answered = false;
  // Empty where the promise holds: the one pass has no answer, or its answer is the JSON value that
  // the other way has. Otherwise what is the matter, for a person.
  std::string difference;
  std::string json;  // of the one pass, if it answered
};

// For a type of AcmeSchemas(). Any bytes will do: this is what tests/fuzz calls.
//
// Thread: any. The plans of an option set are compiled at its first use.
BothWays TranscodeBothWays(int option_set, std::string_view type, std::string_view wire);

}  // namespace ssegw::transcode

#endif  // SSEGW_TESTS_UNIT_TRANSCODE_BOTH_WAYS_H_
