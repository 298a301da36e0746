#ifndef SSEGW_GATEWAY_OPERATORS_CONNECTION_JSON_H_
#define SSEGW_GATEWAY_OPERATORS_CONNECTION_JSON_H_

#include <string>

#include "ssegateway/v1/connections.pb.h"

namespace ssegw::operators {

// ProtoJSON with every field, also where it has its default; a time that is not set is left out.
// Much faster than protobuf's own, which reads descriptors for each value.
void AppendJson(const ssegateway::v1::Connection& connection, std::string& out);
void AppendJson(const ssegateway::v1::ListConnectionsResponse& response, std::string& out);

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_CONNECTION_JSON_H_
