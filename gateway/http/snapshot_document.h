#ifndef SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENT_H_
#define SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENT_H_

#include <string>
#include <string_view>

#include "internal/window/window.h"

namespace ssegw::http {

// {"id":…,"events":[{"id":…,"topic":…,"key":…,"type":…,"data":…}]}, in seq order. id: of the head
// that the snapshot belongs to, to go on from with SSE. type is "" for an event without one. data
// is the frame's JSON as it is.
std::string SnapshotDocument(std::string_view id, const window::Window::Snapshot& snapshot);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENT_H_
