#ifndef SSEGW_GATEWAY_APP_LOAD_SCHEMAS_H_
#define SSEGW_GATEWAY_APP_LOAD_SCHEMAS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "gateway/config/config.h"
#include "internal/transcode/schemas.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::app {

// How the configuration wants JSON to be written.
transcode::JsonOptions JsonOptionsOf(const config::Config& config);

// The types of the configuration's descriptor sets, for its way to write JSON.
//
// Errors: INVALID_ARGUMENT naming every fault of every set.
absl::StatusOr<std::unique_ptr<transcode::Schemas>> LoadSchemas(const config::Config& config);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_LOAD_SCHEMAS_H_
