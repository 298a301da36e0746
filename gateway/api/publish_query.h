#ifndef SSEGW_GATEWAY_API_PUBLISH_QUERY_H_
#define SSEGW_GATEWAY_API_PUBLISH_QUERY_H_

#include <google/protobuf/duration.pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/http/problem.h"

namespace ssegw::api {

// What the query of a request says of an event, whose data is the body.
struct PublishQuery {
  std::string topic;
  std::string key = {};
  std::string type = {};
  std::string message_id = {};
  std::optional<google::protobuf::Duration> ttl = {};
};

// nullopt: there is no topic in the query, and the body is a whole event. A Problem: a parameter
// that is given twice, does not decode, has almost the name of another, or makes no sense without a
// topic. Other parameters are ignored.
std::variant<std::optional<PublishQuery>, http::Problem> ParsePublishQuery(std::string_view query);

// A serialized Event with that JSON as its payload.
std::string EventWire(const PublishQuery& query, std::string_view json);

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_PUBLISH_QUERY_H_
