#ifndef SSEGW_INTERNAL_TRANSCODE_ONE_PASS_TRANSCODER_H_
#define SSEGW_INTERNAL_TRANSCODE_ONE_PASS_TRANSCODER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/transcode/json_util_transcoder.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Transcoder that reads the bytes once (see one_pass.h), and leaves to protobuf's JSON writer what
// cannot be done like that: the unusual, and telling what is wrong with what is refused.
//
// Lifetime: does not outlive the schemas.
// Cost:     that of WriteInOnePass; of JsonUtilTranscoder in addition where that has to do it.
class OnePassTranscoder : public Transcoder {
 public:
  OnePassTranscoder(const SchemaPool& schemas, const JsonOptions& options);

  absl::Status ToJson(std::string_view type_name, std::string_view wire,
                      std::string* json) const override;
  absl::Status AnyToJson(std::string_view any_wire, std::string* json) const override;

 private:
  bool InOnePass(std::string_view type_name, std::string_view wire, std::string* json) const;

  const Plans plans_;
  const JsonUtilTranscoder other_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_ONE_PASS_TRANSCODER_H_
