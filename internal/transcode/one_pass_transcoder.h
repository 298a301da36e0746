#ifndef SSEGW_INTERNAL_TRANSCODE_ONE_PASS_TRANSCODER_H_
#define SSEGW_INTERNAL_TRANSCODE_ONE_PASS_TRANSCODER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/transcode/json_writer.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Transcoder that reads the bytes once (one_pass.h). If one pass fails, because the bytes are not
// what serializers write or because of a fault, it puts the message in order (in_order.h) and reads
// the result, which names the fault.
//
// Lifetime: the plans and the limits' scratch memory outlive it.
// Cost:     that of WriteInOnePass; if one pass fails, also that of CheckWire, InOrder and a second
//           pass.
class OnePassTranscoder : public Transcoder {
 public:
  explicit OnePassTranscoder(const Plans& plans, const JsonLimits& limits = {})
      : plans_(plans), limits_(limits) {}

  absl::Status ToJson(std::string_view type_name, std::string_view wire, std::string* json,
                      UnknownFieldRef* unknown) const override;
  absl::Status AnyToJson(std::string_view any_wire, std::string* json,
                         UnknownFieldRef* unknown) const override;

 private:
  absl::Status Write(const MessagePlan& plan, std::string_view wire, std::string* json,
                     UnknownFieldRef* unknown) const;
  absl::Status Full(const MessagePlan& plan, const JsonWriter& json) const;

  const Plans& plans_;
  const JsonLimits limits_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_ONE_PASS_TRANSCODER_H_
