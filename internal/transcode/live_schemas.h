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

// The Schemas that are in use, which others may take the place of at any time, and a Transcoder of
// whichever these are: each call is done by those that it began with.
//
// Owns:     a share of them; the last call that uses older ones gives their memory back.
// Thread:   any.
// Lifetime: does not outlive the limits' scratch memory.
// Cost:     of a call: a lock held for the copy of a pointer. Measured: 40 ns, 80 where two threads
// do
//           nothing else; transcoding takes a microsecond and more, and gRPC ten for each event.
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
