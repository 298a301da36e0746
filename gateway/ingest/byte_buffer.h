#ifndef SSEGW_GATEWAY_INGEST_BYTE_BUFFER_H_
#define SSEGW_GATEWAY_INGEST_BYTE_BUFFER_H_

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <string_view>

#include "google/protobuf/message_lite.h"

namespace ssegw::ingest {

// A received gRPC message as one piece of memory: copied only if it came in several.
class FlatMessage {
 public:
  explicit FlatMessage(const grpc::ByteBuffer& buffer) {
    if (!buffer.TrySingleSlice(&slice_).ok() && buffer.Valid()) {
      // Fails for compressed messages alone, and the server takes none (grpc_server.cc).
      (void)buffer.DumpToSingleSlice(&slice_);
    }
  }

  // Valid as long as this object.
  std::string_view view() const {
    return {reinterpret_cast<const char*>(slice_.begin()), slice_.size()};
  }

 private:
  grpc::Slice slice_;
};

// A message as gRPC sends it.
template <typename Message>
grpc::ByteBuffer ToByteBuffer(const Message& message) {
  grpc::ByteBuffer buffer;
  bool own_buffer = false;
  // Cannot fail: our own answers are small and their strings are UTF-8.
  (void)grpc::SerializationTraits<Message>::Serialize(message, &buffer, &own_buffer);
  return buffer;
}

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_BYTE_BUFFER_H_
