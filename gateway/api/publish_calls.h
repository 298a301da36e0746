#ifndef SSEGW_GATEWAY_API_PUBLISH_CALLS_H_
#define SSEGW_GATEWAY_API_PUBLISH_CALLS_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/api/body_room.h"
#include "gateway/api/event_json.h"
#include "gateway/api/event_sink.h"
#include "gateway/api/publish_lines.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"

namespace ssegw::api {

struct PublishOptions {
  size_t max_event_bytes = 262'144;
  // How long the store may take for an event.
  base::Duration store_patience = std::chrono::seconds(10);
  // What all bodies together may take that wait for a thread.
  size_t max_waiting_bytes = size_t{32} * 1024 * 1024;
};

// POST /v1/publish: an event as ProtoJSON, or with a topic in the query one whose data is the body;
// several with application/x-ndjson, one a line.
//
// Thread:   any. What is small is done at once, on the caller's; the rest on the sink's threads.
// Lifetime: the sink outlives it, and it its answers.
// Errors:   those of an event; 413 for more lines than kMaxLines, 429 without room for the body.
class PublishCalls {
 public:
  enum class Body { kEvent, kLines };

  PublishCalls(EventSink& sink, EventJson::FindSchemas schemas, const PublishOptions& options)
      : sink_(sink),
        json_(std::move(schemas)),
        options_(options),
        room_(options.max_waiting_bytes) {}

  // What is taken of a request. Escapes in JSON can make an event longer than it is.
  size_t max_bytes(Body body) const;

  // query: of the request; peer: for the log.
  net::HttpReply Publish(std::string_view query, Body kind, std::string body,
                         const std::string& peer);

 private:
  net::HttpReply PublishOne(const PublishLines::ToWire& to_wire, std::string body,
                            const std::string& peer);
  net::HttpReply PublishAll(PublishLines::ToWire to_wire, std::string body,
                            const std::string& peer);

  EventSink& sink_;
  const EventJson json_;
  const PublishOptions options_;
  BodyRoom room_;
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_PUBLISH_CALLS_H_
