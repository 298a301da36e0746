#ifndef SSEGW_GATEWAY_INGEST_REFLECTION_H_
#define SSEGW_GATEWAY_INGEST_REFLECTION_H_

#include <google/protobuf/descriptor.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"
#include "internal/transcode/schema_pool.h"

namespace ssegw::ingest {

// The message types in use; null: none but those of the services.
using FindSchemas = std::function<std::shared_ptr<const transcode::SchemaPool>()>;

// What server reflection says: of the services that are served, and of every message type that an
// event may hold, those of descriptor sets too, so that tools can write an Any of them.
//
// A name that both a service's file and a descriptor set define is the service's.
//
// Thread:   immutable; any.
// Lifetime: what schemas finds lives as long as the answer takes.
class Reflection {
 public:
  // Names of the files that one call has been answered with.
  using Sent = std::set<std::string>;

  // services: full names, of services whose generated code is linked.
  Reflection(std::vector<std::string> services, FindSchemas schemas);

  // Fills *response, with an error_response where there is none of what is asked for. Of the files
  // that an answer's file imports it adds those that are not in *sent, as long as the answer is
  // small enough for what clients take; the tool asks for the others by name.
  void Answer(const grpc::reflection::v1::ServerReflectionRequest& request, Sent* sent,
              grpc::reflection::v1::ServerReflectionResponse* response) const;

 private:
  const std::vector<std::string> services_;
  const FindSchemas schemas_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_REFLECTION_H_
