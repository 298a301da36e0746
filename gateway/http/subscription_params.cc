#include "gateway/http/subscription_params.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/http/parameter_name.h"
#include "gateway/http/query.h"
#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

// What has been read of a query so far; nullopt if it was not given.
struct Given {
  std::vector<window::Filter> filters;
  size_t filter_bytes = 0;
  size_t filter_tokens = 0;
  std::optional<fanout::Mode> mode;
  std::optional<fanout::Start> start;
  std::optional<base::Duration> min_interval;
  std::optional<bool> envelope;
  std::optional<fanout::HeartbeatForm> heartbeat;
  std::optional<base::Duration> heartbeat_interval;
  std::string last_event_id;
};

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

template <typename T>
struct Choice {
  std::string_view text;
  T value;
};

template <typename T, size_t kCount>
absl::Status TakeChoice(std::string_view text, const Choice<T> (&choices)[kCount],
                        std::optional<T>& taken) {
  if (taken.has_value()) return Invalid("is given more than once");
  std::string expected;
  for (size_t i = 0; i < kCount; ++i) {
    if (choices[i].text == text) {
      taken = choices[i].value;
      return absl::OkStatus();
    }
    if (i > 0) expected += i + 1 == kCount ? " or " : ", ";
    expected += choices[i].text;
  }
  return Invalid(base::Concat("is ", Quoted(text), ": expected ", expected));
}

absl::Status TakeTopic(std::string_view text, Given& given) {
  if (given.filters.size() == kMaxFilters) {
    return Invalid(base::Concat("is given more than ", kMaxFilters, " times"));
  }
  absl::StatusOr<window::Filter> filter = window::Filter::Parse(text);
  if (!filter.ok()) {
    const auto why = filter.status().message();
    return Invalid(
        base::Concat("is ", Quoted(text), ": ", std::string_view(why.data(), why.size())));
  }
  given.filter_bytes += filter->text().size();
  if (given.filter_bytes > kMaxFilterBytes) {
    return Invalid(base::Concat("is given ", given.filters.size() + 1, " times with ",
                                given.filter_bytes, " bytes together, exceeds ", kMaxFilterBytes));
  }
  given.filter_tokens += filter->tokens();
  if (given.filter_tokens > kMaxFilterTokens) {
    return Invalid(base::Concat("is given ", given.filters.size() + 1, " times with ",
                                given.filter_tokens, " tokens together, exceeds ",
                                kMaxFilterTokens));
  }
  given.filters.push_back(*std::move(filter));
  return absl::OkStatus();
}

absl::Status TakeMode(std::string_view text, Given& given) {
  static constexpr Choice<fanout::Mode> kModes[] = {{"latest", fanout::Mode::kLatest},
                                                    {"all", fanout::Mode::kAll}};
  return TakeChoice(text, kModes, given.mode);
}

absl::Status TakeStart(std::string_view text, Given& given) {
  static constexpr Choice<fanout::Start> kStarts[] = {{"snapshot", fanout::Start::kSnapshot},
                                                      {"live", fanout::Start::kLive},
                                                      {"earliest", fanout::Start::kEarliest}};
  return TakeChoice(text, kStarts, given.start);
}

absl::Status TakeEnvelope(std::string_view text, Given& given) {
  static constexpr Choice<bool> kSwitch[] = {{"0", false}, {"1", true}};
  return TakeChoice(text, kSwitch, given.envelope);
}

absl::Status TakeMaxRate(std::string_view text, Given& given) {
  if (given.min_interval.has_value()) return Invalid("is given more than once");
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(rate) ||
      rate <= 0) {
    return Invalid(base::Concat("is ", Quoted(text),
                                ": expected a finite number greater than 0, of times per second"));
  }
  // Compared in seconds first: 1/rate of a tiny rate does not fit a Duration.
  const double seconds =
      std::clamp(1 / rate, base::ToSeconds(kShortestInterval), base::ToSeconds(kLongestInterval));
  given.min_interval =
      std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
  return absl::OkStatus();
}

absl::Status TakeHeartbeat(std::string_view text, Given& given) {
  static constexpr Choice<fanout::HeartbeatForm> kForms[] = {
      {"comment", fanout::HeartbeatForm::kComment}, {"event", fanout::HeartbeatForm::kEvent}};
  return TakeChoice(text, kForms, given.heartbeat);
}

absl::Status TakeHeartbeatInterval(std::string_view text, Given& given) {
  if (given.heartbeat_interval.has_value()) return Invalid("is given more than once");
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::chrono::duration<double> seconds(number);
  // NaN, which reads as a number, is in no range.
  const bool in_range =
      seconds >= kShortestHeartbeatInterval && seconds <= kLongestHeartbeatInterval;
  if (error != std::errc() || end != text.data() + text.size() || !in_range) {
    return Invalid(base::Concat("is ", Quoted(text), ": expected a decimal number in ",
                                kShortestHeartbeatInterval.count(), "..",
                                kLongestHeartbeatInterval.count(), ", of seconds"));
  }
  given.heartbeat_interval = std::chrono::duration_cast<base::Duration>(seconds);
  return absl::OkStatus();
}

absl::Status TakeLastEventId(std::string_view bytes, Given& given) {
  if (!bytes.empty()) given.last_event_id = bytes;
  return absl::OkStatus();
}

struct Rule {
  std::string_view name;
  // What PlainName makes of it.
  std::string_view plain_name;
  absl::StatusOr<std::string> (*decode)(std::string_view raw);
  absl::Status (*take)(std::string_view value, Given& given);
};

constexpr std::array<Rule, 9> kSubscriptionRules = {{
    {"topic", "topic", DecodeText, TakeTopic},
    {"mode", "mode", DecodeText, TakeMode},
    {"start", "start", DecodeText, TakeStart},
    {"maxRate", "maxrate", DecodeText, TakeMaxRate},
    {"envelope", "envelope", DecodeText, TakeEnvelope},
    {"heartbeat", "heartbeat", DecodeText, TakeHeartbeat},
    {"heartbeatInterval", "heartbeatinterval", DecodeText, TakeHeartbeatInterval},
    {"lastEventId", "lasteventid", DecodeBytes, TakeLastEventId},
    {"last_event_id", "lasteventid", DecodeBytes, TakeLastEventId},
}};
constexpr std::span<const Rule> kFilterRules(kSubscriptionRules.data(), 1);

Problem Fault(std::string_view parameter, std::string_view message) {
  return {.status = 400,
          .detail = base::Concat("parameter ", parameter, " ", message),
          .parameter = std::string(parameter)};
}

// Of a name that is none of rules'; nullopt: it was not meant to be one either.
std::optional<Problem> Misspelt(const std::string& name, std::span<const Rule> rules) {
  const PlainName plain(name);
  const auto meant = std::find_if(rules.begin(), rules.end(),
                                  [&](const Rule& r) { return plain.Means(r.plain_name); });
  if (meant == rules.end()) return std::nullopt;
  return Problem{.status = 400,
                 .detail = base::Concat("parameter ", Quoted(name), " is not known: did you mean ",
                                        meant->name, "?"),
                 .parameter = name};
}

std::optional<Problem> Take(std::string_view query, std::span<const Rule> rules, Given& given) {
  for (const Parameter& parameter : ParseQuery(query)) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const Rule& r) { return r.name == parameter.name; });
    if (rule == rules.end()) {
      if (std::optional<Problem> problem = Misspelt(parameter.name, rules)) return problem;
      continue;
    }
    const absl::StatusOr<std::string> value = rule->decode(parameter.raw_value);
    const absl::Status status = value.ok() ? rule->take(*value, given) : value.status();
    if (!status.ok()) {
      return Fault(rule->name, std::string_view(status.message().data(), status.message().size()));
    }
  }
  return std::nullopt;
}

window::Filters ToFilters(std::vector<window::Filter> filters) {
  return filters.empty() ? window::Filters::Everything() : window::Filters(std::move(filters));
}

}  // namespace

std::variant<fanout::SubscriptionRequest, Problem> ParseSubscription(std::string_view query,
                                                                     std::string_view last_event_id,
                                                                     fanout::Mode default_mode) {
  Given given;
  if (std::optional<Problem> problem = Take(query, kSubscriptionRules, given)) {
    return *std::move(problem);
  }
  if (given.min_interval.has_value()) {
    if (given.mode == fanout::Mode::kAll) {
      return Fault("maxRate", "implies mode=latest and cannot go with mode=all");
    }
    given.mode = fanout::Mode::kLatest;
  }
  return fanout::SubscriptionRequest{
      .filters = ToFilters(std::move(given.filters)),
      .mode = given.mode.value_or(default_mode),
      .start = given.start.value_or(fanout::Start::kSnapshot),
      .last_event_id =
          last_event_id.empty() ? std::move(given.last_event_id) : std::string(last_event_id),
      .min_interval = given.min_interval.value_or(base::Duration::zero()),
      .envelope = given.envelope.value_or(false),
      .heartbeat = given.heartbeat.value_or(fanout::HeartbeatForm::kComment),
      .heartbeat_interval = given.heartbeat_interval.value_or(base::Duration::zero()),
  };
}

std::variant<window::Filters, Problem> ParseFilters(std::string_view query) {
  Given given;
  if (std::optional<Problem> problem = Take(query, kFilterRules, given)) {
    return *std::move(problem);
  }
  return ToFilters(std::move(given.filters));
}

}  // namespace ssegw::http
