#include "gateway/ingest/call_rules.h"

#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "gateway/ingest/error_text.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/log/rate_limited.h"

namespace ssegw::ingest {
namespace {

constexpr size_t kBytesOfAnEntry = 32;
constexpr std::string_view kBearer = "bearer ";

// Of gRPC's authentication context; gRPC writes the names in its documentation of peer properties
// and not in a header.
constexpr const char* kUriProperty = "peer_uri";
constexpr const char* kDnsProperty = "peer_dns";

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

std::optional<BadCall> CheckMetadata(const grpc::CallbackServerContext& context) {
  size_t bytes = 0;
  for (const auto& [key, value] : context.client_metadata()) {
    bytes += key.size() + value.size() + kBytesOfAnEntry;
    const std::string_view name(key.data(), key.size());
    if (name == "origin" || name.starts_with("sec-fetch-")) {
      return BadCall{.refusal = Refusal::kPage,
                     .status = absl::PermissionDeniedError(base::Concat(
                         "a page may not call this port: a browser sent it, with ", name))};
    }
  }
  if (bytes <= kMaxMetadataBytes) return std::nullopt;
  return BadCall{.refusal = Refusal::kMetadata,
                 .status = absl::InvalidArgumentError(base::Concat(
                     "metadata ", bytes, " bytes exceeds ", kMaxMetadataBytes, " of a call"))};
}

std::string PeerOf(const grpc::CallbackServerContext& context) {
  const std::string uri = context.peer();
  const std::string_view peer = uri;
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (peer.starts_with(scheme)) return Unescaped(peer.substr(scheme.size()));
  }
  return peer.starts_with("unix") ? "unix:" : uri;
}

PublisherCredentials CredentialsOf(const grpc::CallbackServerContext& context) {
  PublisherCredentials credentials;
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto field = first; field != last; ++field) {
    const std::string_view value(field->second.data(), field->second.size());
    if (!base::EqualsIgnoreCase(value.substr(0, kBearer.size()), kBearer)) continue;
    const std::string_view token = value.substr(kBearer.size());
    credentials.tokens.emplace_back(
        token.substr(std::min(token.find_first_not_of(' '), token.size())));
  }
  const auto peer = context.auth_context();
  credentials.has_certificate = peer != nullptr && peer->IsPeerAuthenticated();
  if (!credentials.has_certificate) return credentials;
  for (const char* const property : {kUriProperty, kDnsProperty}) {
    for (const grpc::string_ref& name : peer->FindPropertyValues(property)) {
      credentials.certificate_names.emplace_back(name.data(), name.size());
    }
  }
  return credentials;
}

grpc::Status RefuseCall(Refusal refusal, const absl::Status& status,
                        grpc::CallbackServerContext* context, IngestStats* stats,
                        std::string_view subject) {
  static log::RateLimited limited(std::chrono::seconds(1));
  stats->refusals[refusal].Add();
  limited.Log(log::Level::kWarn, "call refused",
              {{"reason", ToString(refusal)},
               {"code", absl::StatusCodeToString(status.code())},
               {"error", SendableError(MessageOf(status))},
               {"peer", PeerOf(*context)},
               {"subject", subject}});
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
