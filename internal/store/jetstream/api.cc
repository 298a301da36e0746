#include "internal/store/jetstream/api.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

#include "internal/base/concat.h"

namespace ssegw::store::jetstream {
namespace {

using nlohmann::json;

constexpr std::string_view kApi = "$JS.API.";

// nullptr: there is none.
const json* Find(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

// Of another type counts as absent: the server's answers are what they are.
std::string Text(const json& object, const char* name, std::string_view otherwise = "") {
  const json* const value = Find(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>()
                                                : std::string(otherwise);
}
int64_t Integer(const json& object, const char* name, int64_t otherwise = 0) {
  const json* const value = Find(object, name);
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : otherwise;
}
uint64_t Unsigned(const json& object, const char* name) {
  const json* const value = Find(object, name);
  return value != nullptr && value->is_number_unsigned() ? value->get<uint64_t>() : 0;
}
bool Bool(const json& object, const char* name) {
  const json* const value = Find(object, name);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}
const json& Object(const json& object, const char* name) {
  static const json& none = *new json(json::object());
  const json* const value = Find(object, name);
  return value != nullptr && value->is_object() ? *value : none;
}

// No exceptions: a value that is discarded is none of an object.
json Parse(std::string_view text) { return json::parse(text, nullptr, /*allow_exceptions=*/false); }

ApiError ErrorOf(const json& answer) {
  if (!answer.is_object()) return {.code = kMalformed, .description = "the answer is not JSON"};
  const json* const error = Find(answer, "error");
  if (error == nullptr) return {};
  const int code = static_cast<int>(Integer(*error, "err_code", kMalformed));
  return {.code = code == kNoError ? kMalformed : code, .description = Text(*error, "description")};
}

// RFC 3339 in UTC with up to nine digits behind the point, as Go writes times.
std::optional<base::WallTime> ParseTime(const std::string& text) {
  std::tm parts{};
  const char* const rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  int64_t nanoseconds = 0;
  int64_t unit = 1'000'000'000;
  const char* at = rest;
  if (*at == '.') {
    for (++at; *at >= '0' && *at <= '9' && unit > 1; ++at) {
      unit /= 10;
      nanoseconds += (*at - '0') * unit;
    }
  }
  if (std::string_view(at) != "Z") return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&parts)) +
         std::chrono::nanoseconds(nanoseconds);
}

StreamConfig ConfigOf(const json& config) {
  StreamConfig stream = {.name = Text(config, "name"),
                         .retention = Text(config, "retention"),
                         .discard = Text(config, "discard"),
                         .storage = Text(config, "storage"),
                         .max_msgs = Integer(config, "max_msgs", -1),
                         .max_bytes = Integer(config, "max_bytes", -1),
                         .max_age = base::Duration(Integer(config, "max_age")),
                         .max_msgs_per_subject = Integer(config, "max_msgs_per_subject", -1),
                         .max_msg_size = Integer(config, "max_msg_size", -1),
                         .duplicate_window = base::Duration(Integer(config, "duplicate_window")),
                         .replicas = Integer(config, "num_replicas", 1),
                         .no_ack = Bool(config, "no_ack"),
                         .sealed = Bool(config, "sealed")};
  if (const json* const subjects = Find(config, "subjects"); subjects != nullptr) {
    for (const json& subject : *subjects) {
      if (subject.is_string()) stream.subjects.push_back(subject.get<std::string>());
    }
  }
  if (const json* const mirror = Find(config, "mirror"); mirror != nullptr) {
    stream.mirror = Text(*mirror, "name");
    stream.mirror_is_partial =
        !Text(*mirror, "filter_subject").empty() || Unsigned(*mirror, "opt_start_seq") > 1 ||
        Find(*mirror, "opt_start_time") != nullptr || Find(*mirror, "external") != nullptr ||
        Find(*mirror, "subject_transforms") != nullptr;
  }
  const json* const sources = Find(config, "sources");
  stream.has_sources = sources != nullptr && sources->is_array() && !sources->empty();
  return stream;
}

bool TakePrefix(std::string_view prefix, std::string_view& text) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// {"stream":"n_log", "seq":17}, which is the answer to nearly every event: JSON of any other form
// takes a parser some microseconds. nullopt: it is not of this form.
std::optional<PublishAck> ParsePlainAck(std::string_view text) {
  if (!TakePrefix(R"({"stream":")", text)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_of("\"\\"), text.size()));
  if (!TakePrefix(R"(",)", text)) return std::nullopt;
  TakePrefix(" ", text);
  if (!TakePrefix(R"("seq":)", text) || !text.ends_with('}')) return std::nullopt;
  text.remove_suffix(1);
  PublishAck ack;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ack.seq);
  if (error != std::errc() || end != text.data() + text.size() || ack.seq == 0 ||
      text.front() == '0') {
    return std::nullopt;
  }
  return ack;
}

}  // namespace

std::string StreamInfoSubject(std::string_view stream) {
  return base::Concat(kApi, "STREAM.INFO.", stream);
}
std::string StreamCreateSubject(std::string_view stream) {
  return base::Concat(kApi, "STREAM.CREATE.", stream);
}
std::string StreamDeleteSubject(std::string_view stream) {
  return base::Concat(kApi, "STREAM.DELETE.", stream);
}

std::string StreamCreateRequest(const StreamConfig& config) {
  json request = {{"name", config.name},
                  {"retention", config.retention},
                  {"discard", config.discard},
                  {"storage", config.storage},
                  {"max_consumers", -1},
                  {"max_msgs", config.max_msgs},
                  {"max_bytes", config.max_bytes},
                  {"max_age", config.max_age.count()},
                  {"max_msgs_per_subject", config.max_msgs_per_subject},
                  {"max_msg_size", config.max_msg_size},
                  {"num_replicas", config.replicas}};
  if (config.mirror.empty()) {
    request["subjects"] = config.subjects;
    request["duplicate_window"] = config.duplicate_window.count();
  } else {
    request["mirror"] = {{"name", config.mirror}};
  }
  return request.dump();
}

ApiAnswer<StreamInfo> ParseStreamInfo(std::string_view text) {
  const json answer = Parse(text);
  if (ApiError error = ErrorOf(answer); error.code != kNoError) return {.error = std::move(error)};
  const json& state = Object(answer, "state");
  StreamInfo info = {.config = ConfigOf(Object(answer, "config")),
                     .created = Text(answer, "created"),
                     .messages = Unsigned(state, "messages"),
                     .bytes = Unsigned(state, "bytes"),
                     .first_seq = Unsigned(state, "first_seq"),
                     .last_seq = Unsigned(state, "last_seq"),
                     .leader = Text(Object(answer, "cluster"), "leader"),
                     .has_time = !Text(answer, "ts").empty()};
  const std::optional<base::WallTime> created_at = ParseTime(info.created);
  if (info.config.name.empty() || !created_at) {
    return {.error = {.code = kMalformed, .description = "the answer tells of no stream"}};
  }
  info.created_at = *created_at;
  return {.value = std::move(info)};
}

ApiError ParseError(std::string_view text) { return ErrorOf(Parse(text)); }

ApiAnswer<PublishAck> ParsePublishAck(std::string_view text) {
  if (const auto ack = ParsePlainAck(text)) return {.value = *ack};
  const json answer = Parse(text);
  if (ApiError error = ErrorOf(answer); error.code != kNoError) return {.error = std::move(error)};
  const PublishAck ack = {.seq = Unsigned(answer, "seq"), .duplicate = Bool(answer, "duplicate")};
  if (ack.seq == 0) {
    return {.error = {.code = kMalformed, .description = "the answer acknowledges nothing"}};
  }
  return {.value = ack};
}

}  // namespace ssegw::store::jetstream
