#include "gateway/app/load_schemas.h"

namespace ssegw::app {

transcode::JsonOptions JsonOptionsOf(const config::Config& config) {
  return {.proto_field_names = config.json_field_names == config::JsonFieldNames::kProto,
          .emit_defaults = config.json_defaults == config::JsonDefaults::kEmit,
          .enums_as_numbers = config.json_enums == config::JsonEnums::kNumber,
          .int64_as_numbers = config.json_int64 == config::JsonInt64::kNumber};
}

absl::StatusOr<std::unique_ptr<transcode::Schemas>> LoadSchemas(const config::Config& config) {
  return transcode::Schemas::Load(config.descriptor_set, JsonOptionsOf(config));
}

}  // namespace ssegw::app
