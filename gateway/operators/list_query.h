#ifndef SSEGW_GATEWAY_OPERATORS_LIST_QUERY_H_
#define SSEGW_GATEWAY_OPERATORS_LIST_QUERY_H_

#include <string_view>
#include <variant>

#include "gateway/http/problem.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::operators {

// The fields of ListConnectionsRequest as parameters of a query, by their names. What they hold is
// checked by who is asked. A Problem: one is given twice, does not decode, or is no number.
std::variant<ssegateway::v1::ListConnectionsRequest, http::Problem> ParseListQuery(
    std::string_view query);

// The ids and retry of a CloseConnectionsRequest for that id: retry is a parameter of the query, in
// whole seconds.
std::variant<ssegateway::v1::CloseConnectionsRequest, http::Problem> ParseCloseQuery(
    std::string_view id, std::string_view query);

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_LIST_QUERY_H_
