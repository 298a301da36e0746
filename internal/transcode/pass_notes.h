#ifndef SSEGW_INTERNAL_TRANSCODE_PASS_NOTES_H_
#define SSEGW_INTERNAL_TRANSCODE_PASS_NOTES_H_

#include <string>

#include "internal/base/concat.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// What there is to say of a message beside its JSON.
struct PassNotes {
  UnknownFieldRef unknown;
  // Why the message has no JSON form; empty if the reason is that it takes more than one pass.
  std::string fault;
};

// Notes the first fault, and returns false. notes: null if nobody asks.
template <typename... Parts>
bool Refuse(PassNotes* notes, const Parts&... parts) {
  if (notes != nullptr && notes->fault.empty()) notes->fault = base::Concat(parts...);
  return false;
}

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_PASS_NOTES_H_
