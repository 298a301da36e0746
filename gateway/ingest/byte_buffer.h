#ifndef SSEGW_GATEWAY_INGEST_BYTE_BUFFER_H_
#define SSEGW_GATEWAY_INGEST_BYTE_BUFFER_H_

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include "google/protobuf/message_lite.h"

namespace ssegw::ingest {

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
