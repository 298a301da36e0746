#include "gateway/ingest/call_rules.h"

#include <chrono>
#include <string_view>

#include "gateway/ingest/error_text.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "internal/base/concat.h"
#include "internal/log/rate_limited.h"

namespace ssegw::ingest {
namespace {

constexpr size_t kBytesOfAnEntry = 32;

std::string Unescaped(std::string_view peer) {
  std::string text;
  for (size_t i = 0; i < peer.size(); ++i) {
    const std::string_view rest = peer.substr(i);
    if (rest.starts_with("%5B") || rest.starts_with("%5D")) {
      text += rest[2] == 'B' ? '[' : ']';
      i += 2;
    } else {
      text += peer[i];
    }
  }
  return text;
}

}  // namespace

absl::Status CheckMetadata(const grpc::CallbackServerContext& context) {
  size_t bytes = 0;
  for (const auto& [key, value] : context.client_metadata()) {
    bytes += key.size() + value.size() + kBytesOfAnEntry;
  }
  if (bytes <= kMaxMetadataBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::Concat("metadata ", bytes, " bytes exceeds ", kMaxMetadataBytes, " of a call"));
}

std::string PeerOf(const grpc::CallbackServerContext& context) {
  const std::string uri = context.peer();
  const std::string_view peer = uri;
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (peer.starts_with(scheme)) return Unescaped(peer.substr(scheme.size()));
  }
  return peer.starts_with("unix") ? "unix:" : uri;
}

grpc::Status RefuseCall(Refusal refusal, const absl::Status& status,
                        grpc::CallbackServerContext* context, IngestStats* stats) {
  static log::RateLimited limited(std::chrono::seconds(1));
  stats->refusals[refusal].Add();
  limited.Log(log::Level::kWarn, "call refused",
              {{"reason", ToString(refusal)},
               {"code", absl::StatusCodeToString(status.code())},
               {"error", SendableError(MessageOf(status))},
               {"peer", PeerOf(*context)}});
  if (absl::IsUnimplemented(status) && refusal == Refusal::kEncoding) {
    context->AddTrailingMetadata(kAcceptEncodingKey, kAcceptEncoding);
  }
  return ToGrpcStatus(status);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* NewRefusedStream(
    const grpc::Status& status) {
  class Reactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Reactor(const grpc::Status& end) { Finish(end); }
    void OnDone() override { delete this; }
  };
  return new Reactor(status);
}

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const absl::Status status =
      absl::UnimplementedError(base::Concat("no method ", Quoted(context->method())));
  return NewRefusedStream(RefuseCall(Refusal::kMethod, status, context, stats_));
}

}  // namespace ssegw::ingest
