#ifndef SSEGW_GATEWAY_INGEST_PUBLISHER_GRANTS_H_
#define SSEGW_GATEWAY_INGEST_PUBLISHER_GRANTS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/window/filter.h"

namespace ssegw::ingest {

// Where publishers with certificates may publish: what a file of grants says.
//
// Thread: immutable; any.
class PublisherGrants {
 public:
  static constexpr size_t kMaxBytes = size_t{1} << 20;

  // A line: a name, then filters, with spaces between, and perhaps auth::kConnectionsWord; "*" as a
  // name is whoever no other line names; what begins with # is a comment. The Status names the line
  // and the fault.
  static absl::StatusOr<PublisherGrants> Parse(std::string_view text);

  // Whether a certificate with these names may publish to topic.
  bool Allow(const std::vector<std::string>& names, std::string_view topic) const;
  // The same for all topics of the filter: one of the line's filters covers it.
  bool AllowAll(const std::vector<std::string>& names, const window::Filter& filter) const;

  // Whether it may ask about connections and send to them.
  bool AllowConnections(const std::vector<std::string>& names) const;

  size_t size() const { return by_name_.size() + (others_ ? 1 : 0); }

 private:
  PublisherGrants() = default;

  struct Line {
    window::Filters filters;
    bool connections = false;
  };
  static absl::StatusOr<Line> ParseLine(std::string_view line);

  // Whether one of their lines passes the test; or the one of others, if they have none.
  bool Any(const std::vector<std::string>& names, const auto& test) const;
  absl::Status Add(std::string_view name, Line line);

  base::StringMap<Line> by_name_;
  std::optional<Line> others_;
};

// The grants at the moment.
//
// Thread: any.
class CurrentPublisherGrants {
 public:
  void Set(std::shared_ptr<const PublisherGrants> grants) {
    const base::MutexLock lock(mutex_);
    grants_.swap(grants);
  }
  // Null: there are none yet.
  std::shared_ptr<const PublisherGrants> Get() const {
    const base::MutexLock lock(mutex_);
    return grants_;
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const PublisherGrants> grants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISHER_GRANTS_H_
