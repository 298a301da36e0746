#include "gateway/http/snapshot_documents.h"

#include <utility>

#include "internal/base/text.h"
#include "internal/base/time.h"
#include "internal/sse/event_id.h"

namespace ssegw::http {
namespace {

// Names of members, punctuation and the time of one event, and of the whole.
constexpr size_t kMembersBytes = 96;

void AppendMember(std::string& out, std::string_view head, std::string_view text) {
  out += head;
  base::AppendJsonString(out, text);
}

// What the text takes, but for characters that JSON escapes.
size_t SizeOf(const window::Window::Snapshot& snapshot) {
  size_t bytes = kMembersBytes;
  for (const sse::FramePtr& frame : snapshot.frames) {
    bytes += frame->bare().size() + frame->topic().size() + frame->key().size() + kMembersBytes;
  }
  return bytes;
}

std::string TextOf(std::string_view id, const window::Window::Snapshot& snapshot, size_t bytes) {
  std::string document;
  document.reserve(bytes);
  AppendMember(document, R"({"id":)", id);
  document += R"(,"events":[)";
  bool first = true;
  for (const sse::FramePtr& frame : snapshot.frames) {
    if (!first) document += ',';
    first = false;
    AppendMember(document, R"({"id":)", frame->id());
    AppendMember(document, R"(,"topic":)", frame->topic());
    AppendMember(document, R"(,"key":)", frame->key());
    AppendMember(document, R"(,"type":)", frame->type());
    AppendMember(document, R"(,"time":)", base::FormatRfc3339(frame->received_wall()));
    document += R"(,"data":)";
    document += frame->json();
    document += '}';
  }
  document += "]}";
  return document;
}

}  // namespace

std::shared_ptr<const SnapshotDocument> SnapshotDocuments::Get(const window::Filters& filters) {
  const std::string& canonical = filters.canonical();
  const uint64_t head = window_->head();
  {
    base::MutexLock lock(mutex_);
    if (const auto it = by_filters_.find(canonical);
        it != by_filters_.end() && it->second.head == head) {
      if (auto document = it->second.document.lock()) return document;
    }
    // Not made for nothing, where even an empty one would not fit.
    if (!FitsLocked(kMembersBytes)) return nullptr;
  }
  const window::Window::Snapshot snapshot = window_->TakeSnapshot(filters);
  const size_t bytes = SizeOf(snapshot);
  {
    base::MutexLock lock(mutex_);
    if (!FitsLocked(bytes)) return nullptr;
    bytes_ += bytes;
  }
  auto made = std::make_unique<SnapshotDocument>();
  made->id = sse::FormatEventId(window_->epoch(), snapshot.head);
  made->text = TextOf(made->id, snapshot, bytes);
  std::shared_ptr<const SnapshotDocument> document(
      made.release(), [this, canonical, bytes](const SnapshotDocument* gone) {
        delete gone;
        Gone(canonical, bytes);
      });
  base::MutexLock lock(mutex_);
  by_filters_[canonical] = {.head = snapshot.head, .document = document};
  return document;
}

void SnapshotDocuments::Gone(std::string_view filters, size_t bytes) {
  base::MutexLock lock(mutex_);
  bytes_ -= bytes;
  const auto it = by_filters_.find(filters);
  if (it != by_filters_.end() && it->second.document.expired()) by_filters_.erase(it);
}

}  // namespace ssegw::http
