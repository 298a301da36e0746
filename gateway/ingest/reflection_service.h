#ifndef SSEGW_GATEWAY_INGEST_REFLECTION_SERVICE_H_
#define SSEGW_GATEWAY_INGEST_REFLECTION_SERVICE_H_

#include <grpcpp/support/server_callback.h>

#include "gateway/ingest/reflection.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace ssegw::ingest {

// Server reflection, v1 and v1alpha: the same by two names. Not gRPC's own plugin, which has
// v1alpha alone and knows no descriptor set.
//
// Owns:     nothing; each call owns itself, and one request at a time.
// Thread:   any.
// Lifetime: reflection outlives both; both outlive the server's shutdown, which ends the calls.
class ReflectionV1 final : public grpc::reflection::v1::ServerReflection::CallbackService {
 public:
  explicit ReflectionV1(const Reflection* reflection) : reflection_(reflection) {}

  grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                          grpc::reflection::v1::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  const Reflection* const reflection_;
};

class ReflectionV1Alpha final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  explicit ReflectionV1Alpha(const Reflection* reflection) : reflection_(reflection) {}

  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  const Reflection* const reflection_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_REFLECTION_SERVICE_H_
