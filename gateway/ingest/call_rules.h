#ifndef SSEGW_GATEWAY_INGEST_CALL_RULES_H_
#define SSEGW_GATEWAY_INGEST_CALL_RULES_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_auth.h"

// Which calls are refused before an event of theirs is looked at.
namespace ssegw::ingest {

// What a call may bring in metadata: names, values, and 32 bytes for each entry, as HTTP/2 counts
// them (RFC 9113 section 6.5.2).
inline constexpr size_t kMaxMetadataBytes = size_t{16} * 1024;

// A call that is refused for its metadata; it ends this call alone. INVALID_ARGUMENT: there is more
// than that. PERMISSION_DENIED: a browser sent it, for a page.
//
// Over TLS a browser speaks HTTP/2 to any port, and Firefox sends te: trailers with all of it: then
// any page's fetch() with mode no-cors, or its form, is a call of gRPC, whose content type
// gRPC 1.51 does not look at. Browsers add fields that no page can leave out (Fetch Standard,
// forbidden request-headers); no publisher sends them.
struct BadCall {
  Refusal refusal;
  absl::Status status;
};
std::optional<BadCall> CheckMetadata(const grpc::CallbackServerContext& context);

// Who is at the other end: "192.0.2.7:51234", "[2001:db8::7]:51234", "unix:".
std::string PeerOf(const grpc::CallbackServerContext& context);

// What it shows of its publisher: tokens of its metadata, as RFC 6750 section 2.1 has them in HTTP,
// and the names of a certificate that was verified in the handshake.
PublisherCredentials CredentialsOf(const grpc::CallbackServerContext& context);

// How a call ends that is refused. Counts and logs it, and says which encodings are taken where it
// is about that. subject: whose call it is, where that is known.
grpc::Status RefuseCall(Refusal refusal, const absl::Status& status,
                        grpc::CallbackServerContext* context, IngestStats* stats,
                        std::string_view subject = "");

// A stream that ends with this status and does nothing else. Deletes itself.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* NewRefusedStream(
    const grpc::Status& status);

// Answers calls of methods that nobody has, which gRPC does by itself too, but counts none.
class UnknownMethods final : public grpc::CallbackGenericService {
 public:
  explicit UnknownMethods(IngestStats* stats) : stats_(stats) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  IngestStats* const stats_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_CALL_RULES_H_
