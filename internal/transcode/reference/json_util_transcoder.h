#ifndef SSEGW_INTERNAL_TRANSCODE_REFERENCE_JSON_UTIL_TRANSCODER_H_
#define SSEGW_INTERNAL_TRANSCODE_REFERENCE_JSON_UTIL_TRANSCODER_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/type_resolver.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/transcode/reference/json_rewriter.h"
#include "internal/transcode/reference/normalizer.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Transcoder on protobuf's own JSON writer (google/protobuf/util/json_util.h), which shares nothing
// with the one of the gateway. It knows neither extensions nor editions.
//
// Lifetime: does not outlive the schemas.
// Cost:     the bytes are read four times and a message object is built: 36 µs for a Dashboard of
//           235 bytes, twice what protobuf's MessageToJsonString takes for the generated class.
class JsonUtilTranscoder : public Transcoder {
 public:
  JsonUtilTranscoder(const SchemaPool& schemas, const JsonOptions& options);
  ~JsonUtilTranscoder() override;

  // These do not look for unknown fields.
  absl::Status ToJson(std::string_view type_name, std::string_view wire, std::string* json,
                      UnknownFieldRef* unknown) const override;
  absl::Status AnyToJson(std::string_view any_wire, std::string* json,
                         UnknownFieldRef* unknown) const override;

 private:
  absl::Status MessageToJson(const google::protobuf::Descriptor& type, std::string_view wire,
                             int depth, std::string* json) const;
  absl::Status ExtractedAnyToJson(const ExtractedAny& any, std::string* json) const;
  absl::Status Parse(const google::protobuf::Descriptor& type, std::string_view wire, int depth,
                     std::unique_ptr<google::protobuf::Message>* message) const;

  const SchemaPool& schemas_;
  const JsonOptions options_;
  const JsonRewriter rewriter_;
  bool has_groups_ = false;
  // Thread-safe, though GetPrototype is not const.
  mutable google::protobuf::DynamicMessageFactory messages_;
  std::unique_ptr<google::protobuf::util::TypeResolver> types_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_REFERENCE_JSON_UTIL_TRANSCODER_H_
