#ifndef SSEGW_GATEWAY_OPERATORS_LIST_QUERY_H_
#define SSEGW_GATEWAY_OPERATORS_LIST_QUERY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/connections/lifecycle_search.h"
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

// What is looked for among the events of the lifecycle: the parameters subject, address, id, limit
// (up to kMaxEvents) and before, which is a PlaceOf that replica. id: of the path; empty: none.
constexpr uint32_t kMaxEvents = 1000;
std::variant<connections::LifecycleSearch::Wanted, http::Problem> ParseLifecycleQuery(
    std::string id, std::string_view replica, std::string_view query);
// What before of the next page has: good at that gateway alone, which numbers the events.
std::string PlaceOf(std::string_view replica, uint64_t number);

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_LIST_QUERY_H_
