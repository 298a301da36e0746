#ifndef SSEGW_INTERNAL_TRANSCODE_SCHEMAS_H_
#define SSEGW_INTERNAL_TRANSCODE_SCHEMAS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// The message types of descriptor sets, ready for writing their JSON with the given options. Every
// fault of a set shows when it is loaded.
//
// Owns:     the descriptors and the plans.
// Thread:   as SchemaPool.
// Lifetime: outlives every transcoder that uses it.
class Schemas {
 public:
  // Errors: INVALID_ARGUMENT: those of SchemaPool::Load and Plans::faults.
  static absl::StatusOr<std::unique_ptr<Schemas>> Load(const std::vector<std::string>& files,
                                                       const JsonOptions& options) {
    absl::StatusOr<std::unique_ptr<SchemaPool>> pool = SchemaPool::Load(files);
    if (!pool.ok()) return pool.status();
    std::unique_ptr<Schemas> schemas(new Schemas(*std::move(pool), options));
    if (!schemas->plans_.faults().empty()) {
      return absl::InvalidArgumentError("descriptor sets: " + schemas->plans_.faults());
    }
    return schemas;
  }

  const SchemaPool& pool() const { return *pool_; }
  const Plans& plans() const { return plans_; }

 private:
  Schemas(std::unique_ptr<SchemaPool> pool, const JsonOptions& options)
      : pool_(std::move(pool)), plans_(*pool_, options) {}

  const std::unique_ptr<SchemaPool> pool_;
  const Plans plans_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCHEMAS_H_
