#ifndef SSEGW_GATEWAY_HTTP_SNAPSHOT_WRITER_H_
#define SSEGW_GATEWAY_HTTP_SNAPSHOT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"
#include "internal/window/snapshot_reader.h"
#include "internal/window/window.h"

namespace ssegw::http {

// One answer of /v1/snapshot.
struct SnapshotDocument {
  // The head of the log that it belongs to: its epoch, its seq, and the id of both.
  std::string epoch;
  uint64_t seq = 0;
  std::string id;
  std::string text;
  // The seq of its newest event, 0 without events, and a hash of all seqs.
  uint64_t newest = 0;
  uint64_t content = 0;
  size_t bytes = 0;  // what it counts for
  base::TimePoint as_of;
  // For so long it is given to other requests too, although something has come since.
  base::Duration good_for{0};
};

// Makes one document in small pieces of work: reads the frames, adds up their sizes, and writes the
// text.
//
// Thread:   one at a time.
// Lifetime: the window and the filters outlive it.
// Cost:     a piece takes some 0.1 ms at most.
class SnapshotWriter {
 public:
  // What an empty document counts for.
  static constexpr size_t kMinBytes = 96;

  SnapshotWriter(const window::Window& window, const window::Filters& filters)
      : window_(window), filters_(filters) {}

  enum class Step {
    kMore,   // there is more to do of the same
    kRead,   // the document belongs to this moment: as_of
    kSized,  // bytes() is known; what follows takes that memory
    kDone,   // Take()
  };
  Step Work();

  // Of the document, from kSized on.
  size_t bytes() const { return document_.bytes; }
  // So few keys were read for it that it is made again for each request. From kRead on.
  bool is_small() const;
  // After kDone, once.
  SnapshotDocument Take() { return std::move(document_); }

 private:
  enum class Phase { kReading, kSizing, kWriting };

  Step Read();
  Step Size();
  Step Write();

  const window::Window& window_;
  const window::Filters& filters_;
  Phase phase_ = Phase::kReading;
  std::unique_ptr<window::SnapshotReader> reader_;
  std::vector<sse::FramePtr> frames_;
  // Of frames_: those before it have been sized, or written.
  size_t next_ = 0;
  SnapshotDocument document_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SNAPSHOT_WRITER_H_
