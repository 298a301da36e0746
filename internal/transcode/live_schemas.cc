#include "internal/transcode/live_schemas.h"

#include "internal/transcode/one_pass_transcoder.h"

namespace ssegw::transcode {

std::shared_ptr<const Schemas> LiveSchemas::Get() const {
  const base::MutexLock lock(mutex_);
  return schemas_;
}

std::shared_ptr<const SchemaPool> LiveSchemas::GetPool() const {
  const std::shared_ptr<const Schemas> schemas = Get();
  return {schemas, &schemas->pool()};
}

void LiveSchemas::Set(std::shared_ptr<const Schemas> schemas) {
  // The older ones are given back after the lock, with the argument.
  const base::MutexLock lock(mutex_);
  schemas_.swap(schemas);
}

absl::Status LiveSchemas::ToJson(std::string_view type_name, std::string_view wire,
                                 std::string* json, UnknownFieldRef* unknown) const {
  const std::shared_ptr<const Schemas> schemas = Get();
  return OnePassTranscoder(schemas->plans(), limits_).ToJson(type_name, wire, json, unknown);
}

absl::Status LiveSchemas::AnyToJson(std::string_view any_wire, std::string* json,
                                    UnknownFieldRef* unknown) const {
  const std::shared_ptr<const Schemas> schemas = Get();
  return OnePassTranscoder(schemas->plans(), limits_).AnyToJson(any_wire, json, unknown);
}

}  // namespace ssegw::transcode
