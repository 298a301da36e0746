#ifndef SSEGW_GATEWAY_API_EVENT_JSON_H_
#define SSEGW_GATEWAY_API_EVENT_JSON_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "internal/transcode/schema_pool.h"

namespace ssegw::api {

// Events as ProtoJSON, for those who publish by HTTP.
//
// Thread: any.
// Errors: INVALID_ARGUMENT says what does not fit, and where.
class EventJson {
 public:
  // Gives the types that a message in an event may have. Not null.
  using FindSchemas = std::function<std::shared_ptr<const transcode::SchemaPool>()>;

  explicit EventJson(FindSchemas schemas) : schemas_(std::move(schemas)) {}

  // A serialized Event. json: of an Event; fields have either of their names, and unknown ones are
  // refused. A type of an Any is found by what follows the last "/" of its URL.
  absl::StatusOr<std::string> ToWire(std::string_view json) const;

 private:
  const FindSchemas schemas_;
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_EVENT_JSON_H_
