#ifndef SSEGW_GATEWAY_INGEST_RECEIVED_MESSAGE_H_
#define SSEGW_GATEWAY_INGEST_RECEIVED_MESSAGE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ssegw::ingest {

// What a message may have.
struct MessageLimit {
  size_t bytes;
  // How the limit is called, and its value, as the publisher knows them.
  const char* name;
  size_t value;
};
// Of a request with one event.
MessageLimit LimitOfEvent(size_t max_event_bytes);

// A received gRPC message as one piece of memory, inflated where it came compressed. gRPC would
// inflate it whole before it looks at its size, and a megabyte of gzip can be a gigabyte: so the
// server leaves it to us (grpc_server.cc), and every method of ours takes its messages through
// here.
//
// Cost: a copy only of what came in several pieces, or compressed. Holds no more than the message's
//       limit and 64 KiB, whatever came.
// Lifetime: the buffer outlives it.
class ReceivedMessage {
 public:
  // The last message that was read in this call.
  ReceivedMessage(const grpc::ByteBuffer& buffer, grpc::CallbackServerContext* context,
                  const MessageLimit& limit);
  ReceivedMessage(const ReceivedMessage&) = delete;
  ReceivedMessage& operator=(const ReceivedMessage&) = delete;

  // INVALID_ARGUMENT: it is too large, or not whole. UNIMPLEMENTED: it is compressed, but with
  // neither gzip nor deflate. INTERNAL: it is said to be compressed, but grpc-encoding is missing.
  const absl::Status& status() const { return status_; }
  // It is a fault of the call, and would be one of every message of it.
  bool fails_call() const { return !status_.ok() && !absl::IsInvalidArgument(status_); }

  // Valid as long as this object. With INVALID_ARGUMENT: its first bytes.
  std::string_view view() const { return view_; }

 private:
  grpc::Slice slice_;
  std::string bytes_;
  std::string_view view_;
  absl::Status status_;
};

// What a call that fails for its encoding is to say in its trailing metadata, as gRPC's
// doc/compression.md has it. (gRPC says it by itself in every answer that begins with a message.)
inline constexpr char kAcceptEncodingKey[] = "grpc-accept-encoding";
inline constexpr char kAcceptEncoding[] = "identity, deflate, gzip";

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_RECEIVED_MESSAGE_H_
