#include "internal/transcode/one_pass_transcoder.h"

#include <utility>

#include "internal/base/concat.h"
#include "internal/transcode/in_order.h"
#include "internal/transcode/one_pass.h"

namespace ssegw::transcode {

using base::Concat;

absl::Status OnePassTranscoder::ToJson(std::string_view type_name, std::string_view wire,
                                       std::string* json, UnknownFieldRef* unknown) const {
  const MessagePlan* plan = plans_.Find(type_name);
  if (plan == nullptr) return absl::InvalidArgumentError(Concat("unknown type '", type_name, "'"));
  return Write(*plan, wire, json, unknown);
}

absl::Status OnePassTranscoder::AnyToJson(std::string_view any_wire, std::string* json,
                                          UnknownFieldRef* unknown) const {
  const absl::Status status = ToJson("google.protobuf.Any", any_wire, json, unknown);
  return status.ok() && *json == "{}" ? absl::InvalidArgumentError("Any without a type") : status;
}

absl::Status OnePassTranscoder::Write(const MessagePlan& plan, std::string_view wire,
                                      std::string* json, UnknownFieldRef* unknown) const {
  {
    PassNotes notes;
    JsonWriter writer(json, limits_);
    if (WriteInOnePass(plans_, plan, wire, writer, &notes)) {
      writer.Finish();
      if (unknown != nullptr) *unknown = std::move(notes.unknown);
      return absl::OkStatus();
    }
    if (writer.is_full()) return Full(plan, writer);
  }
  std::string ordered;
  const absl::Status status = InOrder(plans_, plan, wire, 0, &ordered, unknown);
  if (!status.ok()) return status;
  PassNotes notes;
  JsonWriter writer(json, limits_);
  if (WriteInOnePass(plans_, plan, ordered, writer, &notes)) {
    writer.Finish();
    return absl::OkStatus();
  }
  if (writer.is_full()) return Full(plan, writer);
  return absl::InvalidArgumentError(
      notes.fault.empty() ? Concat(plan.type->full_name(), " has no JSON form") : notes.fault);
}

absl::Status OnePassTranscoder::Full(const MessagePlan& plan, const JsonWriter& json) const {
  if (json.lacks_scratch()) {
    return absl::ResourceExhaustedError(
        Concat("the JSON of events that are being transcoded takes all of the ",
               limits_.scratch->max_bytes(), " bytes for it: publish it again later"));
  }
  return absl::InvalidArgumentError(Concat(plan.type->full_name(), " as JSON exceeds ",
                                           limits_.max_bytes, " bytes, the most that is kept"));
}

}  // namespace ssegw::transcode
