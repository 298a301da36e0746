#ifndef SSEGW_GATEWAY_INGEST_WATCH_SOURCE_H_
#define SSEGW_GATEWAY_INGEST_WATCH_SOURCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/window/filter.h"

namespace ssegw::ingest {

// What a call is told for as long as it is open, one message after the other, at the pace of its
// caller.
//
// Thread: any, one at a time.
class WatchSource {
 public:
  virtual ~WatchSource() = default;
  // The next message, serialized. nullopt: there is none yet; the source's wake is called once when
  // there is. A status ends the call.
  virtual absl::StatusOr<std::optional<std::string>> Next() = 0;
};

// Any thread may call it, also within Next, and after the source is gone. It does not block.
using Wake = std::function<void()>;

// Begins to watch the demand for these filters.
using BeginDemand = std::function<absl::StatusOr<std::unique_ptr<WatchSource>>(
    const std::vector<window::Filter>& filters, Wake wake)>;

// Begins to watch connections that come and go, after a token or, if it is empty, from now on.
using BeginLifecycle = std::function<absl::StatusOr<std::unique_ptr<WatchSource>>(
    const std::string& token, Wake wake)>;

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_WATCH_SOURCE_H_
