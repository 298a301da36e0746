#include "gateway/api/publish_query.h"

#include <google/protobuf/util/time_util.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "gateway/http/parameter_name.h"
#include "gateway/http/query.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::api {
namespace {

using ssegateway::v1::Event;

struct Known {
  std::string_view name;
  std::string_view plain;  // as http::PlainName has it
};
constexpr std::array<Known, 5> kParameters = {{{"topic", "topic"},
                                               {"key", "key"},
                                               {"type", "type"},
                                               {"message_id", "messageid"},
                                               {"ttl", "ttl"}}};

http::Problem Fault(std::string_view name, std::string_view what) {
  return {.status = 400, .detail = base::Concat(name, ' ', what), .parameter = std::string(name)};
}

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void AppendField(std::string& out, int number, std::string_view bytes) {
  if (bytes.empty()) return;
  AppendVarint(out, static_cast<uint64_t>(number) << 3 | 2);
  AppendVarint(out, bytes.size());
  out += bytes;
}

}  // namespace

std::variant<std::optional<PublishQuery>, http::Problem> ParsePublishQuery(std::string_view query) {
  std::array<std::optional<std::string>, kParameters.size()> values;
  for (const http::Parameter& parameter : http::ParseQuery(query)) {
    for (size_t i = 0; i < kParameters.size(); ++i) {
      const auto& [name, plain] = kParameters[i];
      if (parameter.name != name) {
        if (!http::PlainName(parameter.name).Means(plain)) continue;
        return Fault(parameter.name, base::Concat("is not known; did you mean ", name, "?"));
      }
      if (values[i]) return Fault(name, "is given twice");
      absl::StatusOr<std::string> value = http::DecodeText(parameter.raw_value);
      if (!value.ok()) {
        return Fault(name, std::string_view(value.status().message().data(),
                                            value.status().message().size()));
      }
      values[i] = *std::move(value);
    }
  }
  auto& [topic, key, type, message_id, ttl] = values;
  if (!topic) {
    for (size_t i = 0; i < kParameters.size(); ++i) {
      if (values[i]) return Fault(kParameters[i].name, "needs a topic beside it");
    }
    return std::nullopt;
  }
  if (topic->empty()) return Fault("topic", "is empty");
  PublishQuery parsed{.topic = *std::move(topic),
                      .key = std::move(key).value_or(""),
                      .type = std::move(type).value_or(""),
                      .message_id = std::move(message_id).value_or("")};
  if (ttl) {
    google::protobuf::Duration duration;
    if (!google::protobuf::util::TimeUtil::FromString(*ttl, &duration)) {
      return Fault("ttl", "is not a time like 90s or 0.5s");
    }
    parsed.ttl = duration;
  }
  return parsed;
}

std::string EventWire(const PublishQuery& query, std::string_view json) {
  std::string wire;
  wire.reserve(json.size() + query.topic.size() + query.key.size() + query.type.size() +
               query.message_id.size() + 64);
  AppendField(wire, Event::kTopicFieldNumber, query.topic);
  AppendField(wire, Event::kKeyFieldNumber, query.key);
  AppendField(wire, Event::kTypeFieldNumber, query.type);
  AppendField(wire, Event::kMessageIdFieldNumber, query.message_id);
  if (query.ttl) AppendField(wire, Event::kTtlFieldNumber, query.ttl->SerializeAsString());
  // Present also where it is empty, so that it is the JSON that is at fault, and not a payload that
  // is missing.
  AppendVarint(wire, uint64_t{Event::kJsonFieldNumber} << 3 | 2);
  AppendVarint(wire, json.size());
  wire += json;
  return wire;
}

}  // namespace ssegw::api
