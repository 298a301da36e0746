#ifndef SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_
#define SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::http {

// One answer of /v1/snapshot.
struct SnapshotDocument {
  std::string id;  // of the head that it belongs to
  std::string text;
};

// The documents that are on their way to peers, which may be slow to take them: bounded together,
// and one for all that ask for the same while the log has not moved on.
//
// Owns:     nothing: a document lives, and counts, as long as somebody holds it.
// Thread:   any; one lock, which is not held while a document is made.
// Lifetime: outlives every document; the window outlives it.
class SnapshotDocuments {
 public:
  // max_bytes: of all documents together. One always fits, whatever its size.
  SnapshotDocuments(const window::Window* window, size_t max_bytes)
      : window_(window), max_bytes_(max_bytes) {}

  // nullptr: it does not fit now.
  std::shared_ptr<const SnapshotDocument> Get(const window::Filters& filters);

 private:
  // The newest that was made for some filters.
  struct Newest {
    uint64_t head = 0;
    std::weak_ptr<const SnapshotDocument> document;
  };

  bool FitsLocked(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return bytes_ == 0 || (bytes_ < max_bytes_ && bytes <= max_bytes_ - bytes_);
  }
  void Gone(std::string_view filters, size_t bytes);

  const window::Window* const window_;
  const size_t max_bytes_;
  base::Mutex mutex_;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // By their canonical text; entries go with their documents.
  base::StringMap<Newest> by_filters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_
