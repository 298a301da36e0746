#include "internal/transcode/one_pass_transcoder.h"

#include "internal/transcode/json_writer.h"
#include "internal/transcode/one_pass.h"

namespace ssegw::transcode {

OnePassTranscoder::OnePassTranscoder(const SchemaPool& schemas, const JsonOptions& options)
    : plans_(schemas, options), other_(schemas, options) {}

absl::Status OnePassTranscoder::ToJson(std::string_view type_name, std::string_view wire,
                                       std::string* json) const {
  if (InOnePass(type_name, wire, json)) return absl::OkStatus();
  return other_.ToJson(type_name, wire, json);
}

absl::Status OnePassTranscoder::AnyToJson(std::string_view any_wire, std::string* json) const {
  // An Any without a type, which is {}, is refused here.
  if (InOnePass("google.protobuf.Any", any_wire, json) && *json != "{}") return absl::OkStatus();
  return other_.AnyToJson(any_wire, json);
}

bool OnePassTranscoder::InOnePass(std::string_view type_name, std::string_view wire,
                                  std::string* json) const {
  const MessagePlan* plan = plans_.Find(type_name);
  if (plan == nullptr) return false;
  JsonWriter writer(json);
  if (!WriteInOnePass(plans_, *plan, wire, writer)) return false;
  writer.Finish();
  return true;
}

}  // namespace ssegw::transcode
