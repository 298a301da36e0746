#ifndef SSEGW_GATEWAY_OPERATORS_CONNECTION_JSON_H_
#define SSEGW_GATEWAY_OPERATORS_CONNECTION_JSON_H_

#include <string>

#include "internal/base/time.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::operators {

// ProtoJSON with every field, also where it has its default; a time that is not set is left out.
// Much faster than protobuf's own, which reads descriptors for each value.
void AppendJson(const ssegateway::v1::Connection& connection, std::string& out);
void AppendJson(const ssegateway::v1::ListConnectionsResponse& response, std::string& out);
// The same of an event of the lifecycle, without its token; told_at is a field of it.
void AppendJson(const ssegateway::v1::WatchConnectionsResponse& event, base::WallTime told_at,
                std::string& out);

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_CONNECTION_JSON_H_
