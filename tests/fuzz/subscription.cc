// A request's target, and on the second line its Last-Event-ID.
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/http/query.h"
#include "gateway/http/subscription_params.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

using fanout::SubscriptionRequest;
using Parsed = std::variant<SubscriptionRequest, http::Problem>;

Parsed Parse(std::string_view query, std::string_view last_event_id) {
  return http::ParseSubscription(query, last_event_id, fanout::Mode::kLatest);
}

// Everything that a query sets.
std::string TextOf(const SubscriptionRequest& request) {
  return base::Concat(request.filters.canonical(), " mode=", static_cast<int>(request.mode),
                      " start=", static_cast<int>(request.start), " id=", request.last_event_id,
                      " interval=", request.min_interval.count(), " envelope=", request.envelope,
                      " heartbeat=", static_cast<int>(request.heartbeat), '/',
                      request.heartbeat_interval.count());
}

std::string TextOf(const Parsed& parsed) {
  if (const auto* const problem = std::get_if<http::Problem>(&parsed)) {
    return base::Concat("problem ", problem->detail);
  }
  return TextOf(std::get<SubscriptionRequest>(parsed));
}

void CheckProblem(const http::Problem& problem) {
  Holds(problem.status == 400, "a query that is wrong is 400");
  Holds(!problem.detail.empty() && problem.detail.size() < 4096, "a problem says why, in short");
  Holds(base::IsValidUtf8(problem.detail) && !base::HasControlCharacter(problem.detail),
        "a problem can be shown");
  Holds(!problem.parameter.empty(), "a problem names the parameter");
}

void CheckRequest(const SubscriptionRequest& request, std::string_view last_event_id) {
  Holds(!request.filters.all().empty() && request.filters.all().size() <= http::kMaxFilters,
        "there are filters, and not too many");
  for (const auto filter : request.filters.all()) {
    Holds(window::Filter::Parse(filter.text()).ok(), "each filter is one");
  }
  const base::Duration interval = request.min_interval;
  Holds(interval.count() == 0 ||
            (interval >= http::kShortestInterval && interval <= http::kLongestInterval),
        "maxRate is within its range");
  Holds(interval.count() == 0 || request.mode == fanout::Mode::kLatest, "maxRate implies latest");
  const base::Duration heartbeat = request.heartbeat_interval;
  Holds(heartbeat.count() == 0 || (heartbeat >= http::kShortestHeartbeatInterval &&
                                   heartbeat <= http::kLongestHeartbeatInterval),
        "heartbeatInterval is within its range");
  Holds(last_event_id.empty() || request.last_event_id == last_event_id, "the header's id wins");
}

// Every byte of the query's names and values as %XX: the same query.
std::string Escaped(std::string_view query) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string escaped;
  for (size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    const bool is_first_equals =
        c == '=' && escaped.find('=', escaped.rfind('&') + 1) == std::string::npos;
    if (c == '&' || is_first_equals || c == '%') {
      escaped += c;
      // A %XX that is there already stays: not encoded twice.
      for (int n = 0; c == '%' && n < 2 && i + 1 < query.size() && query[i + 1] != '&'; ++n) {
        escaped += query[++i];
      }
      continue;
    }
    const auto byte = static_cast<unsigned char>(c == '+' ? ' ' : c);
    escaped += '%';
    escaped += kDigits[byte >> 4];
    escaped += kDigits[byte & 15];
  }
  return escaped;
}

void CheckPath(std::string_view path) {
  std::string storage;
  const std::string normal(http::NormalPath(path, storage));
  Holds(normal.find("//") == std::string::npos, "a normal path has no two slashes in a row");
  Holds(normal.size() <= 1 || !normal.ends_with('/'), "a normal path has no slash at its end");
  if (path.find('%') != std::string_view::npos) return;
  std::string again;
  Same("a path without % is made normal once", normal, http::NormalPath(normal, again));
}

}  // namespace

void Subscription(std::string_view input) {
  const std::vector<std::string_view> lines = Lines(input, 2);
  const std::optional<http::Target> target = http::SplitTarget(lines[0]);
  if (!target) return;
  CheckPath(target->path);

  const std::string query(target->query);
  const Parsed parsed = Parse(query, lines[1]);
  Same("what nobody asks for changes nothing", TextOf(parsed),
       TextOf(Parse(base::Concat("&unrelated=%zz&%=1&", query, "&&unrelated"), lines[1])));
  if (const auto* const problem = std::get_if<http::Problem>(&parsed)) {
    CheckProblem(*problem);
    return;
  }
  const auto& request = std::get<SubscriptionRequest>(parsed);
  CheckRequest(request, lines[1]);
  Same("a query means the same with all of it escaped", TextOf(parsed),
       TextOf(Parse(Escaped(query), lines[1])));
  const auto filters = http::ParseFilters(query);
  Holds(std::holds_alternative<window::Filters>(filters),
        "the snapshot takes what the stream takes");
  Same("and finds the same topics", request.filters.canonical(),
       std::get<window::Filters>(filters).canonical());
}

}  // namespace ssegw::fuzz
