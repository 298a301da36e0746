#include "gateway/api/connection_calls.h"

#include <google/protobuf/timestamp.pb.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/api/answers.h"
#include "gateway/api/awaited.h"
#include "gateway/api/connection_path.h"
#include "internal/base/text.h"

namespace ssegw::api {
namespace {

using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::Connection;

// A little more than a question takes that comes to nothing.
constexpr base::Duration kAnswerPatience = std::chrono::seconds(6);

net::HttpResponse Gone() { return ErrorAnswer(Form::kAmazon, 410, "there is no such connection"); }

net::HttpResponse NoAnswer() {
  return ErrorAnswer(Form::kAmazon, 503, "there was no answer in time");
}

net::HttpResponse FaultAnswer(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return Gone();
    case absl::StatusCode::kInvalidArgument:
      // The text has been checked: it is its length that does not fit.
      return ErrorAnswer(Form::kAmazon, 413,
                         Shown({status.message().data(), status.message().size()}));
    case absl::StatusCode::kDeadlineExceeded:
      return ErrorAnswer(Form::kAmazon, 429, "the connection takes nothing: try again later");
    default:
      return ErrorAnswer(Form::kAmazon, status);
  }
}

net::HttpResponse Delivered() { return {.status = 200}; }

void AppendMember(std::string& json, std::string_view name, std::string_view value) {
  if (json.back() != '{') json += ',';
  base::AppendJsonString(json, name);
  json += ':';
  base::AppendJsonString(json, value);
}

std::string Rfc3339(const google::protobuf::Timestamp& time) {
  return base::FormatRfc3339(base::WallTime(std::chrono::seconds(time.seconds()) +
                                            std::chrono::duration_cast<base::WallTime::duration>(
                                                std::chrono::nanoseconds(time.nanos()))));
}

std::string DescriptionOf(const Connection& connection) {
  const auto& active =
      connection.has_last_write_at() ? connection.last_write_at() : connection.opened_at();
  std::string json = "{";
  AppendMember(json, "connectedAt", Rfc3339(connection.opened_at()));
  AppendMember(json, "lastActiveAt", Rfc3339(active));
  json += R"(,"identity":{)";
  AppendMember(json, "sourceIp", connection.address());
  AppendMember(json, "userAgent", connection.user_agent());
  json += "}}\n";
  return json;
}

}  // namespace

net::HttpReply ConnectionCalls::Post(const std::string& id, std::string body) const {
  if (!IsConnectionId(id)) return Gone();
  if (body.empty()) {
    return ErrorAnswer(Form::kAmazon, 400, "an empty message would not reach the page");
  }
  if (!base::IsValidUtf8(body)) {
    return ErrorAnswer(Form::kAmazon, 400, "the message is not UTF-8 text");
  }
  const auto sent = std::make_shared<Awaited<absl::Status>>();
  connections_().Send(
      {.connection_id = id, .text = std::move(body), .deadline = base::Now() + kPatience},
      [sent](absl::Status status) { sent->Set(std::move(status)); });
  // Another gateway has its second more to say so: what it does not say is not known.
  return AnswerWith(sent, kPatience + std::chrono::seconds(2),
                    [](std::optional<absl::Status> status) -> net::HttpReply {
                      // What is not taken back by its deadline is being taken.
                      return !status || status->ok() ? Delivered() : FaultAnswer(*status);
                    });
}

net::HttpReply ConnectionCalls::Get(const std::string& id) const {
  if (!IsConnectionId(id)) return Gone();
  using Answer = absl::StatusOr<Connection>;
  const auto described = std::make_shared<Awaited<Answer>>();
  connections_().Get(id, [described](Answer answer) { described->Set(std::move(answer)); });
  return AnswerWith(described, kAnswerPatience,
                    [](const std::optional<Answer>& answer) -> net::HttpReply {
                      if (!answer) return NoAnswer();
                      if (!answer->ok()) return FaultAnswer(answer->status());
                      return JsonAnswer(DescriptionOf(**answer));
                    });
}

net::HttpReply ConnectionCalls::Delete(const std::string& id) const {
  if (!IsConnectionId(id)) return Gone();
  using Answer = absl::StatusOr<CloseConnectionsResponse>;
  ssegateway::v1::CloseConnectionsRequest request;
  request.add_ids(id);
  const auto closed = std::make_shared<Awaited<Answer>>();
  connections_().Close(request, [closed](Answer answer) { closed->Set(std::move(answer)); });
  return AnswerWith(closed, kAnswerPatience,
                    [](const std::optional<Answer>& answer) -> net::HttpReply {
                      if (!answer) return NoAnswer();
                      if (!answer->ok()) return FaultAnswer(answer->status());
                      if ((*answer)->closed() == 0) return Gone();
                      return net::HttpResponse{.status = 204};
                    });
}

}  // namespace ssegw::api
