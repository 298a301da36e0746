#include "gateway/ingest/reflection_service.h"

#include <type_traits>

namespace ssegw::ingest {
namespace {

namespace v1 = grpc::reflection::v1;
namespace v1alpha = grpc::reflection::v1alpha;

// One call: a request is read, answered, and only then the next one read.
//
// Thread:   reactions by gRPC's threads, one at a time.
// Lifetime: deletes itself in OnDone.
template <typename Request, typename Response>
class Call final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit Call(const Reflection* reflection) : reflection_(reflection) {
    this->StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::OK);
    Answer();
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    // The client is gone, or the server shuts down.
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    this->StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  ~Call() override = default;

  void Answer() {
    response_.Clear();
    if constexpr (std::is_same_v<Request, v1::ServerReflectionRequest>) {
      reflection_->Answer(request_, &sent_, &response_);
    } else {
      // The same messages by another name.
      v1::ServerReflectionRequest request;
      v1::ServerReflectionResponse response;
      request.ParseFromString(request_.SerializeAsString());
      reflection_->Answer(request, &sent_, &response);
      response_.ParseFromString(response.SerializeAsString());
    }
  }

  const Reflection* const reflection_;
  Reflection::Sent sent_;
  Request request_;
  Response response_;
};

}  // namespace

grpc::ServerBidiReactor<v1::ServerReflectionRequest, v1::ServerReflectionResponse>*
ReflectionV1::ServerReflectionInfo(grpc::CallbackServerContext* /*context*/) {
  return new Call<v1::ServerReflectionRequest, v1::ServerReflectionResponse>(reflection_);
}

grpc::ServerBidiReactor<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>*
ReflectionV1Alpha::ServerReflectionInfo(grpc::CallbackServerContext* /*context*/) {
  return new Call<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>(reflection_);
}

}  // namespace ssegw::ingest
