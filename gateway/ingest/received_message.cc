#include "gateway/ingest/received_message.h"

#include <grpc/compression.h>
#include <grpc/grpc.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "gateway/ingest/error_text.h"
#include "gateway/ingest/field_reader.h"
#include "internal/base/concat.h"
#include "internal/base/inflate.h"

// Of libgrpc, in no header that is installed: the flags of the message that was read last. Nothing
// else tells a message that its sender flagged as compressed without naming a codec that gRPC knows
// from one that is not compressed.
// NOLINTNEXTLINE(readability-identifier-naming, misc-use-internal-linkage)
uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace ssegw::ingest {
namespace {

// What a request may have beside its event.
constexpr size_t kBesideEvent = size_t{64} * 1024;

// GRPC_WRITE_INTERNAL_COMPRESS, also in no header that is installed.
constexpr uint32_t kCompressedFlag = 0x80000000U;

// grpc::ByteBuffer does not say how it is compressed; its reader knows.
class CompressionOf : private grpc::ProtoBufferReader {
 public:
  explicit CompressionOf(const grpc::ByteBuffer& buffer)
      : ProtoBufferReader(const_cast<grpc::ByteBuffer*>(&buffer)) {}
  grpc_compression_algorithm Get() {
    return status().ok() ? reader()->buffer_in->data.raw.compression : GRPC_COMPRESS_NONE;
  }
};

// The first max_bytes of it; in slice where they are there in one piece, else in copy.
std::string_view Flatten(const grpc::ByteBuffer& buffer, size_t max_bytes, grpc::Slice* slice,
                         std::string* copy) {
  if (!buffer.Valid()) return {};
  std::vector<grpc::Slice> pieces;
  (void)buffer.Dump(&pieces);
  if (pieces.size() == 1) {
    *slice = pieces.front();
    return {reinterpret_cast<const char*>(slice->begin()), std::min(slice->size(), max_bytes)};
  }
  copy->reserve(std::min(buffer.Length(), max_bytes));
  for (const grpc::Slice& piece : pieces) {
    const size_t bytes = std::min(piece.size(), max_bytes - copy->size());
    copy->append(reinterpret_cast<const char*>(piece.begin()), bytes);
  }
  return *copy;
}

bool LooksDeflatedOrGzipped(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  constexpr unsigned kZlibCheck = 31;  // RFC 1950 section 2.2
  return (first == 0x1F && second == 0x8B) ||
         ((first & 0x0F) == 8 && (first * 256U + second) % kZlibCheck == 0);
}

bool IsProtobuf(std::string_view bytes) {
  FieldReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
  }
  return reader.ok();
}

// Flagged as compressed, and gRPC knows no codec of it: because grpc-encoding is missing, or
// because it names one that gRPC does not know, which it takes for none and does not pass on. The
// bytes tell the two apart: what is missing is named by nobody's codec.
absl::Status CodecError(std::string_view bytes) {
  if (LooksDeflatedOrGzipped(bytes) || IsProtobuf(bytes)) {
    return absl::InternalError("message is flagged as compressed, and grpc-encoding is missing");
  }
  return absl::UnimplementedError(
      base::Concat("message is compressed with a codec that is none of grpc-accept-encoding: ",
                   kAcceptEncoding));
}

}  // namespace

MessageLimit LimitOfEvent(size_t max_event_bytes) {
  return {
      .bytes = max_event_bytes + kBesideEvent, .name = "max_event_bytes", .value = max_event_bytes};
}

ReceivedMessage::ReceivedMessage(const grpc::ByteBuffer& buffer,
                                 grpc::CallbackServerContext* context, const MessageLimit& limit) {
  const size_t length = buffer.Valid() ? buffer.Length() : 0;
  view_ = Flatten(buffer, limit.bytes, &slice_, &bytes_);
  const grpc_compression_algorithm compression = CompressionOf(buffer).Get();
  const bool flagged =
      (grpc_call_test_only_get_message_flags(context->c_call()) & kCompressedFlag) != 0;
  if (compression != GRPC_COMPRESS_NONE && length > 0) {
    std::string inflated;
    const base::Codec codec =
        compression == GRPC_COMPRESS_GZIP ? base::Codec::kGzip : base::Codec::kDeflate;
    status_ = base::Inflate(codec, view_, limit.bytes, &inflated);
    bytes_ = std::move(inflated);
    view_ = bytes_;
  } else if (flagged && length > 0) {
    status_ = CodecError(view_);
  }
  if (length > limit.bytes && !fails_call()) {
    status_ = absl::InvalidArgumentError(
        base::Concat("message ", length, " bytes exceeds ", limit.name, " ", limit.value));
  } else if (absl::IsInvalidArgument(status_)) {
    status_ = absl::InvalidArgumentError(
        base::Concat(MessageOf(status_), "; ", limit.name, " is ", limit.value));
  }
}

}  // namespace ssegw::ingest
