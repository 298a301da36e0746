#include "gateway/operators/operator_calls.h"

#include <google/protobuf/util/json_util.h>

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/api/answers.h"
#include "gateway/api/awaited.h"
#include "gateway/http/problem.h"
#include "gateway/operators/connection_json.h"
#include "gateway/operators/list_query.h"
#include "internal/base/concat.h"
#include "internal/transcode/json_text.h"

namespace ssegw::operators {
namespace {

using api::Awaited;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::Connection;
using ssegateway::v1::ListConnectionsResponse;

// A little more than a question takes that comes to nothing.
constexpr base::Duration kPatience = std::chrono::seconds(6);

net::HttpResponse Fault(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kNotFound) {
    return http::ToResponse({.status = 404, .detail = "there is no such connection"});
  }
  return api::ErrorAnswer(api::Form::kProblem, status);
}

net::HttpResponse NoAnswer() {
  return api::ErrorAnswer(api::Form::kProblem,
                          absl::UnavailableError("there was no answer in time"));
}

// The answer for a question of Connections: what write appends for what comes of it. T: what comes.
template <typename T, typename Write>
net::HttpReply AnswerFor(const std::shared_ptr<Awaited<absl::StatusOr<T>>>& awaited, Write write) {
  return api::AnswerWith(
      awaited, kPatience,
      [write = std::move(write)](const std::optional<absl::StatusOr<T>>& answer) -> net::HttpReply {
        if (!answer) return NoAnswer();
        if (!answer->ok()) return Fault(answer->status());
        return write(**answer);
      });
}

template <typename Message>
net::HttpResponse JsonOf(const Message& message) {
  std::string json;
  AppendJson(message, json);
  json += '\n';
  return api::JsonAnswer(std::move(json));
}

// What the body of a POST asks to send, without its deadline.
absl::StatusOr<connections::Message> ParseMessage(const std::string& id, std::string_view body) {
  ssegateway::v1::SendToConnectionRequest request;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(body.data(), body.size()), &request);
  if (!parsed.ok()) {
    const std::string why(parsed.message());
    return absl::InvalidArgumentError(base::Concat("body: ", why));
  }
  connections::Message message{.connection_id = id,
                               .text = {},
                               .type = request.type(),
                               .answer_when_queued = request.wait() == ssegateway::v1::WAIT_QUEUED};
  absl::Status is_json = transcode::AppendJsonText(request.json(), &message.text);
  if (!is_json.ok()) return is_json;
  return message;
}

}  // namespace

net::HttpReply OperatorCalls::List(std::string_view query) const {
  auto parsed = ParseListQuery(query);
  if (auto* problem = std::get_if<http::Problem>(&parsed)) return http::ToResponse(*problem);
  using Answer = absl::StatusOr<ListConnectionsResponse>;
  const auto listed = std::make_shared<Awaited<Answer>>();
  connections_.List(std::get<ssegateway::v1::ListConnectionsRequest>(parsed),
                    [listed](Answer answer) { listed->Set(std::move(answer)); });
  return AnswerFor(listed,
                   [](const ListConnectionsResponse& response) { return JsonOf(response); });
}

net::HttpReply OperatorCalls::Get(const std::string& id) const {
  using Answer = absl::StatusOr<Connection>;
  const auto described = std::make_shared<Awaited<Answer>>();
  connections_.Get(id, [described](Answer answer) { described->Set(std::move(answer)); });
  return AnswerFor(described, [](const Connection& connection) { return JsonOf(connection); });
}

net::HttpReply OperatorCalls::Send(const std::string& id, std::string_view body) const {
  absl::StatusOr<connections::Message> message = ParseMessage(id, body);
  if (!message.ok()) return Fault(message.status());
  const bool is_queued = message->answer_when_queued;
  message->deadline = base::Now() + kSendPatience;
  const auto sent = std::make_shared<Awaited<absl::Status>>();
  connections_.Send(*std::move(message),
                    [sent](absl::Status status) { sent->Set(std::move(status)); });
  return api::AnswerWith(sent, kSendPatience + std::chrono::seconds(1),
                         [is_queued](const std::optional<absl::Status>& status) -> net::HttpReply {
                           if (!status) {
                             // What is not taken back by its deadline is being taken.
                             return api::ErrorAnswer(
                                 api::Form::kProblem,
                                 absl::UnavailableError("its socket has taken part of it so far"));
                           }
                           if (!status->ok()) return Fault(*status);
                           return api::JsonAnswer(is_queued ? "{\"result\":\"queued\"}\n"
                                                            : "{\"result\":\"delivered\"}\n");
                         });
}

net::HttpReply OperatorCalls::Close(const std::string& id, std::string_view query) const {
  auto parsed = ParseCloseQuery(id, query);
  if (auto* problem = std::get_if<http::Problem>(&parsed)) return http::ToResponse(*problem);
  using Answer = absl::StatusOr<CloseConnectionsResponse>;
  const auto closed = std::make_shared<Awaited<Answer>>();
  connections_.Close(std::get<ssegateway::v1::CloseConnectionsRequest>(parsed),
                     [closed](Answer answer) { closed->Set(std::move(answer)); });
  return AnswerFor(closed, [](const CloseConnectionsResponse& response) {
    if (response.closed() == 0) return Fault(absl::NotFoundError(""));
    return api::JsonAnswer(base::Concat("{\"closed\":\"", response.closed(), "\"}\n"));
  });
}

}  // namespace ssegw::operators
