#include "gateway/operators/lifecycle_calls.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "gateway/api/answers.h"
#include "gateway/api/awaited.h"
#include "gateway/connections/lifecycle_search.h"
#include "gateway/http/problem.h"
#include "gateway/operators/connection_json.h"
#include "gateway/operators/list_query.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::operators {
namespace {

using connections::LifecycleLog;
using connections::LifecycleSearch;

constexpr base::Duration kPatience = std::chrono::seconds(6);

net::HttpResponse AnswerOf(const LifecycleSearch& search, const LifecycleLog& log) {
  std::string json = "{";
  if (const auto since = log.since()) {
    json += base::Concat("\"since\":\"", base::FormatRfc3339(*since), "\",");
  }
  json += "\"events\":[";
  bool is_first = true;
  for (const auto& found : search.found()) {
    if (!std::exchange(is_first, false)) json += ',';
    AppendJson(found.event, found.told_at, json);
  }
  json += ']';
  if (const auto next = search.next()) {
    json += ",\"before\":";
    base::AppendJsonString(json, PlaceOf(log.replica(), *next));
  }
  json += "}\n";
  return api::JsonAnswer(std::move(json));
}

}  // namespace

net::HttpReply LifecycleCalls::Find(const std::string& id, std::string_view query) const {
  const LifecycleLog& log = lifecycle_.log();
  auto wanted = ParseLifecycleQuery(id, log.replica(), query);
  if (auto* problem = std::get_if<http::Problem>(&wanted)) return http::ToResponse(*problem);
  lifecycle_.Watch({}).IgnoreError();
  const auto search =
      std::make_shared<LifecycleSearch>(log, std::get<LifecycleSearch::Wanted>(std::move(wanted)));
  const auto done = std::make_shared<api::Awaited<std::monostate>>();
  return net::HttpLater{
      .start = [done](std::function<void()> ready) { done->WhenReady(std::move(ready)); },
      .finish = [done, search, &log]() -> net::HttpReply {
        if (!done->Take()) {
          return api::ErrorAnswer(api::Form::kProblem,
                                  absl::UnavailableError("there was no answer in time"));
        }
        return AnswerOf(*search, log);
      },
      .patience = kPatience,
      .work =
          [done, search] {
            if (search->Step()) return true;
            done->Set({});
            return false;
          }};
}

}  // namespace ssegw::operators
