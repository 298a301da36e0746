#ifndef SSEGW_INTERNAL_TRANSCODE_LIVE_SCHEMAS_H_
#define SSEGW_INTERNAL_TRANSCODE_LIVE_SCHEMAS_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "internal/base/mutex.h"
#include "internal/transcode/json_writer.h"
#include "internal/transcode/schemas.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// The current Schemas, which can be replaced at any time, and a Transcoder that uses them. A call
// keeps the schemas that it begins with.
//
// Owns:     a reference to the schemas; the last call that uses older ones frees them.
// Thread:   any.
// Lifetime: the limits' scratch memory outlives it.
// Cost:     a call holds a lock while it copies a pointer: 40 ns, or 80 ns if two threads do
//           nothing else. Transcoding takes a microsecond and more, gRPC ten for each event.
class LiveSchemas final : public Transcoder {
 public:
  // schemas: not null.
  explicit LiveSchemas(std::shared_ptr<const Schemas> schemas, const JsonLimits& limits = {})
      : limits_(limits), schemas_(std::move(schemas)) {}

  std::shared_ptr<const Schemas> Get() const;
  std::shared_ptr<const SchemaPool> GetPool() const;
  // Not null.
  void Set(std::shared_ptr<const Schemas> schemas);

  absl::Status ToJson(std::string_view type_name, std::string_view wire, std::string* json,
                      UnknownFieldRef* unknown) const override;
  absl::Status AnyToJson(std::string_view any_wire, std::string* json,
                         UnknownFieldRef* unknown) const override;

 private:
  const JsonLimits limits_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const Schemas> schemas_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_LIVE_SCHEMAS_H_
