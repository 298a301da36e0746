#ifndef SSEGW_TESTS_UNIT_CONNECTIONS_TOLD_H_
#define SSEGW_TESTS_UNIT_CONNECTIONS_TOLD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/connections/lifecycle.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

// What a watcher sees, as text: "opened a", "closed a peer_closed", "resumed b after a".
inline std::string TextOf(const ssegateway::v1::WatchConnectionsResponse& response) {
  switch (response.event_case()) {
    case ssegateway::v1::WatchConnectionsResponse::kOpened:
      return "opened " + response.opened().connection().id();
    case ssegateway::v1::WatchConnectionsResponse::kClosed:
      return "closed " + response.closed().connection().id() + " " + response.closed().reason();
    case ssegateway::v1::WatchConnectionsResponse::kResumed:
      return "resumed " + response.resumed().connection().id() + " after " +
             response.resumed().previous_id();
    case ssegateway::v1::WatchConnectionsResponse::EVENT_NOT_SET:
      return "nothing";
  }
  return "";
}

// Reads on from number, which moves to what is yet to come.
inline std::vector<ssegateway::v1::WatchConnectionsResponse> ReadFrom(LifecycleLog& log,
                                                                      uint64_t& number) {
  std::vector<ssegateway::v1::WatchConnectionsResponse> told;
  for (;; ++number) {
    const auto bytes = log.Read(number);
    if (!bytes.ok() || !bytes->has_value()) return told;
    told.emplace_back();
    if (!told.back().ParseFromString(**bytes)) told.back().Clear();
  }
}

}  // namespace ssegw::connections

#endif  // SSEGW_TESTS_UNIT_CONNECTIONS_TOLD_H_
