#include "gateway/api/publish_calls.h"

#include <memory>
#include <optional>
#include <variant>

#include "absl/status/status.h"
#include "gateway/api/answers.h"
#include "gateway/api/awaited.h"
#include "gateway/api/publish_query.h"
#include "internal/base/concat.h"

namespace ssegw::api {
namespace {

constexpr size_t kKiB = 1024;
constexpr size_t kMaxLinesBytes = 4 * kKiB * kKiB;
constexpr size_t kRoomForNames = 64 * kKiB;
// An event from here on takes longer than the caller's thread may be held up.
constexpr size_t kLargeBytes = 16 * kKiB;
// Lines are begun for so long.
constexpr base::Duration kLinesTime = std::chrono::seconds(30);
// The store answers within its patience; this is for the way to it.
constexpr base::Duration kMargin = std::chrono::seconds(5);

net::HttpResponse ResultAnswer(const std::optional<store::AppendResult>& result) {
  if (!result) {
    return ErrorAnswer(Form::kProblem, absl::UnavailableError(
                                           "outcome unknown: the store has not answered in time"));
  }
  if (!result->ok()) return ErrorAnswer(Form::kProblem, result->status());
  std::string json;
  AppendResult(*result, json);
  return JsonAnswer(std::move(json));
}

net::HttpResponse NoRoom() {
  return ErrorAnswer(Form::kProblem,
                     absl::ResourceExhaustedError("too much waits to be published"));
}

}  // namespace

size_t PublishCalls::max_bytes(Body body) const {
  return body == Body::kLines ? kMaxLinesBytes : 2 * options_.max_event_bytes + kRoomForNames;
}

net::HttpReply PublishCalls::Publish(std::string_view query, Body kind, std::string body,
                                     const std::string& peer) {
  auto parsed = ParsePublishQuery(query);
  if (auto* problem = std::get_if<http::Problem>(&parsed)) return http::ToResponse(*problem);
  auto& of_query = std::get<std::optional<PublishQuery>>(parsed);
  PublishLines::ToWire to_wire;
  if (!of_query) {
    to_wire = [this](std::string_view json) { return json_.ToWire(json); };
  } else if (kind == Body::kLines && !of_query->message_id.empty()) {
    return http::ToResponse({.status = 400,
                             .detail = "message_id cannot be that of several events",
                             .parameter = "message_id"});
  } else {
    to_wire = [of_query = *std::move(of_query)](std::string_view json) {
      return EventWire(of_query, json);
    };
  }
  return kind == Body::kLines ? PublishAll(std::move(to_wire), std::move(body), peer)
                              : PublishOne(to_wire, std::move(body), peer);
}

net::HttpReply PublishCalls::PublishOne(const PublishLines::ToWire& to_wire, std::string body,
                                        const std::string& peer) {
  const auto answered = std::make_shared<Awaited<store::AppendResult>>();
  const auto done = [answered](store::AppendResult result) { answered->Set(std::move(result)); };
  if (body.size() < kLargeBytes) {
    if (const auto result = sink_.Take(to_wire(body), peer, done)) return ResultAnswer(result);
  } else {
    BodyRoom::Held room = room_.Take(body.size());
    if (room == nullptr) return NoRoom();
    sink_.Run([&sink = sink_, to_wire, body = std::move(body), room = std::move(room), peer, done] {
      if (auto result = sink.Take(to_wire(body), peer, done)) done(*std::move(result));
    });
  }
  return AnswerWith(answered, options_.store_patience + kMargin,
                    [](const std::optional<store::AppendResult>& result) -> net::HttpReply {
                      return ResultAnswer(result);
                    });
}

net::HttpReply PublishCalls::PublishAll(PublishLines::ToWire to_wire, std::string body,
                                        const std::string& peer) {
  if (sink_.refusing()) {
    return ErrorAnswer(Form::kProblem,
                       absl::UnavailableError("the gateway drains: publish to another one"));
  }
  if (const size_t lines = PublishLines::Count(body); lines > PublishLines::kMaxLines) {
    return ErrorAnswer(Form::kProblem, 413,
                       base::Concat(lines, " lines exceed ", PublishLines::kMaxLines));
  }
  BodyRoom::Held room = room_.Take(body.size());
  if (room == nullptr) return NoRoom();
  const auto answered = std::make_shared<Awaited<std::string>>();
  const auto lines = std::make_shared<PublishLines>(
      sink_,
      PublishLines::Request{.body = std::move(body),
                            .room = std::move(room),
                            .to_wire = std::move(to_wire),
                            .peer = peer,
                            .until = base::Now() + kLinesTime},
      [answered](std::string answers) { answered->Set(std::move(answers)); });
  sink_.Run([lines] { lines->Work(); });
  return AnswerWith(answered, kLinesTime + options_.store_patience + kMargin,
                    [](std::optional<std::string> answers) -> net::HttpReply {
                      if (!answers) return ResultAnswer(std::nullopt);
                      net::HttpResponse response = JsonAnswer(*std::move(answers));
                      response.fields.front().second = "application/x-ndjson";
                      return response;
                    });
}

}  // namespace ssegw::api
