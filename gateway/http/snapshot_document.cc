#include "gateway/http/snapshot_document.h"

#include <cstddef>

#include "internal/base/text.h"

namespace ssegw::http {
namespace {

void AppendMember(std::string& out, std::string_view head, std::string_view text) {
  out += head;
  base::AppendJsonString(out, text);
}

}  // namespace

std::string SnapshotDocument(std::string_view id, const window::Window::Snapshot& snapshot) {
  constexpr size_t kMembersBytes = 64;
  size_t bytes = kMembersBytes;
  for (const sse::FramePtr& frame : snapshot.frames) bytes += frame->bare().size() + kMembersBytes;
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
    document += R"(,"data":)";
    document += frame->json();
    document += '}';
  }
  document += "]}";
  return document;
}

}  // namespace ssegw::http
