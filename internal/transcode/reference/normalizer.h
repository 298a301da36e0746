#ifndef SSEGW_INTERNAL_TRANSCODE_REFERENCE_NORMALIZER_H_
#define SSEGW_INTERNAL_TRANSCODE_REFERENCE_NORMALIZER_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ssegw::transcode {

struct ExtractedAny {
  std::string type_url;
  std::string value;
  int depth = 0;  // of the Any itself
};

// Makes of a parsed message one that protobuf's JSON writer renders right, which it does not for
// everything that a parser accepts:
//  - unknown fields are removed: an unknown number of a closed enum, kept among them, would be
//    written as a second value of its field;
//  - maps have each key once, the last entry's, in the order of the keys' text;
//  - a Value without a kind becomes null, instead of vanishing from its list;
//  - with emit_defaults the absent scalars of proto2 are set;
//  - each Any is moved to *anys, and its type_url is now its index there (see JsonRewriter).
//
// Recursion goes as deep as the message, which CheckWire has bounded. depth: of the message.
// Errors: INVALID_ARGUMENT for a Timestamp, Duration or Value without a JSON form.
absl::Status Normalize(google::protobuf::Message& message, bool emit_defaults, int depth,
                       std::vector<ExtractedAny>* anys);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_REFERENCE_NORMALIZER_H_
