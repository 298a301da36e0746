#include "gateway/ingest/connection_service.h"

#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/error_text.h"
#include "gateway/ingest/received_message.h"
#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "internal/log/log.h"
#include "internal/transcode/json_text.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::GetConnectionRequest;
using ssegateway::v1::GetConnectionResponse;
using ssegateway::v1::ListConnectionsRequest;
using ssegateway::v1::ListConnectionsResponse;
using ssegateway::v1::SendToConnectionRequest;
using ssegateway::v1::SendToConnectionResponse;

base::TimePoint DeadlineOf(const grpc::CallbackServerContext& context) {
  const base::WallTime deadline = context.deadline();
  const base::Duration left = deadline - std::chrono::system_clock::now();
  // Far more than a message waits, and far from what a clock can hold.
  constexpr auto kForEver = std::chrono::hours(24 * 365);
  return left > kForEver ? base::TimePoint::max() : base::Now() + left;
}

absl::StatusOr<connections::Message> MessageFrom(const SendToConnectionRequest& request,
                                                 base::TimePoint deadline) {
  if (!ssegateway::v1::Wait_IsValid(request.wait())) {
    return absl::InvalidArgumentError(
        base::Concat("wait ", static_cast<int>(request.wait()), " is unknown"));
  }
  connections::Message message;
  message.connection_id = request.id();
  message.type = request.type();
  message.answer_when_queued = request.wait() == ssegateway::v1::WAIT_QUEUED;
  message.deadline = deadline;
  const absl::Status json = transcode::AppendJsonText(request.json(), &message.text);
  if (!json.ok()) return absl::InvalidArgumentError(base::Concat("json: ", MessageOf(json)));
  return message;
}

void LogClosed(const PublisherPtr& publisher, const std::string& peer,
               const CloseConnectionsRequest& request, uint64_t closed) {
  log::Info("connections closed by an operator",
            {{"by", publisher == nullptr ? std::string_view() : publisher->subject},
             {"peer", peer},
             {"closed", closed},
             {"ids", request.ids_size()},
             {"identity", request.subject()},
             {"filter", request.filter()}});
}

// Hears the answer, and ends the call with it.
template <typename Response>
connections::Done<Response> Answering(const std::shared_ptr<OperatorCallEnd>& end) {
  return [end](absl::StatusOr<Response> response) {
    if (!response.ok()) return OperatorCallEnd::FinishElsewhere(end, response.status());
    OperatorCallEnd::FinishElsewhere(end, ToByteBuffer(*response));
  };
}

}  // namespace

template <typename Request>
absl::StatusOr<Request> ConnectionService::Read(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer& request) const {
  const ReceivedMessage message(request, context, LimitOfEvent(parts_.max_request_bytes));
  if (message.fails_call()) {
    (void)RefuseCall(Refusal::kEncoding, message.status(), context, &parts_.stats);
  }
  if (!message.status().ok()) return message.status();
  Request parsed;
  if (!parsed.ParseFromArray(message.view().data(), static_cast<int>(message.view().size()))) {
    return absl::InvalidArgumentError("the request is malformed");
  }
  return parsed;
}

grpc::ServerUnaryReactor* ConnectionService::Begin(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response, Operation operation,
    const std::function<absl::StatusOr<Ask>()>& read) {
  parts_.peers.Called(PeerOf(*context));
  auto* const call = new OperatorCall(response, operation, parts_.stats, parts_.workers);
  const End end = call->end();
  if (const auto bad = CheckMetadata(*context)) {
    end->Refuse([&] { return RefuseCall(bad->refusal, bad->status, context, &parts_.stats); });
    return call;
  }
  const PublisherCredentials credentials = CredentialsOf(*context);
  const IdentityOrWait identity =
      parts_.auth.Identify(credentials, std::chrono::system_clock::now());
  if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
    Identified(context, end, *refused, nullptr);
    return call;
  }
  absl::StatusOr<Ask> ask = read();
  if (!ask.ok()) {
    end->Finish(ask.status());
  } else if (const auto* const publisher = std::get_if<PublisherPtr>(&identity)) {
    Identified(context, end, *publisher, *ask);
  } else {
    parts_.auth.IdentifyLater(credentials,
                              [this, context, end, ask = *std::move(ask)](const Identity& later) {
                                Identified(context, end, later, ask);
                              });
  }
  return call;
}

void ConnectionService::Identified(grpc::CallbackServerContext* context, const End& end,
                                   const Identity& identity, const Ask& ask) {
  if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
    return end->Refuse([&] {
      return RefuseCall(Refusal::kUnauthenticated, refused->status, context, &parts_.stats,
                        refused->subject);
    });
  }
  const PublisherPtr& publisher = std::get<PublisherPtr>(identity);
  const bool may = end->Passes(
      [&] { return publisher == nullptr ? absl::OkStatus() : publisher->check_connections(); });
  if (may) ask(end, publisher);
}

grpc::ServerUnaryReactor* ConnectionService::ListConnections(grpc::CallbackServerContext* context,
                                                             const grpc::ByteBuffer* request,
                                                             grpc::ByteBuffer* response) {
  return Begin(context, response, Operation::kList, [&]() -> absl::StatusOr<Ask> {
    auto read = Read<ListConnectionsRequest>(context, *request);
    if (!read.ok()) return read.status();
    return [&all = parts_.connections, wanted = *std::move(read)](const End& end, const auto&) {
      all.List(wanted, Answering<ListConnectionsResponse>(end));
    };
  });
}

grpc::ServerUnaryReactor* ConnectionService::GetConnection(grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer* request,
                                                           grpc::ByteBuffer* response) {
  return Begin(context, response, Operation::kGet, [&]() -> absl::StatusOr<Ask> {
    auto read = Read<GetConnectionRequest>(context, *request);
    if (!read.ok()) return read.status();
    return [&all = parts_.connections, id = read->id()](const End& end, const auto&) {
      all.Get(id, [end](absl::StatusOr<ssegateway::v1::Connection> connection) {
        if (!connection.ok()) return OperatorCallEnd::FinishElsewhere(end, connection.status());
        GetConnectionResponse answer;
        *answer.mutable_connection() = *std::move(connection);
        OperatorCallEnd::FinishElsewhere(end, ToByteBuffer(answer));
      });
    };
  });
}

grpc::ServerUnaryReactor* ConnectionService::SendToConnection(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  return Begin(context, response, Operation::kSend, [&]() -> absl::StatusOr<Ask> {
    auto read = Read<SendToConnectionRequest>(context, *request);
    if (!read.ok()) return read.status();
    auto message = MessageFrom(*read, DeadlineOf(*context));
    if (!message.ok()) return message.status();
    return [&all = parts_.connections, message = *std::move(message)](const End& end, const auto&) {
      all.Send(message, [end](const absl::Status& status) {
        if (!status.ok()) return OperatorCallEnd::FinishElsewhere(end, status);
        OperatorCallEnd::FinishElsewhere(end, ToByteBuffer(SendToConnectionResponse()));
      });
    };
  });
}

grpc::ServerUnaryReactor* ConnectionService::CloseConnections(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  return Begin(context, response, Operation::kClose, [&]() -> absl::StatusOr<Ask> {
    auto read = Read<CloseConnectionsRequest>(context, *request);
    if (!read.ok()) return read.status();
    return [&all = parts_.connections, wanted = *std::move(read), peer = PeerOf(*context)](
               const End& end, const PublisherPtr& publisher) {
      all.Close(wanted,
                [end, publisher, peer, wanted](absl::StatusOr<CloseConnectionsResponse> answer) {
                  if (answer.ok()) LogClosed(publisher, peer, wanted, answer->closed());
                  Answering<CloseConnectionsResponse>(end)(std::move(answer));
                });
    };
  });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ConnectionService::WatchConnections(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return parts_.watches.Start(
      context,
      [this, watch = Read<ssegateway::v1::WatchConnectionsRequest>(context, *request)](
          const Publisher* publisher, Wake wake) -> absl::StatusOr<std::unique_ptr<WatchSource>> {
        if (parts_.begin_lifecycle == nullptr) return absl::UnimplementedError("nobody tells here");
        if (publisher != nullptr) {
          if (absl::Status allowed = publisher->check_connections(); !allowed.ok()) return allowed;
        }
        if (!watch.ok()) return watch.status();
        return parts_.begin_lifecycle(watch->token(), std::move(wake));
      });
}

}  // namespace ssegw::ingest
