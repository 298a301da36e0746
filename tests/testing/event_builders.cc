#include "tests/testing/event_builders.h"

#include "tests/testing/json.h"

namespace ssegw::testing {

ssegateway::v1::Event NumberedEvent(const std::string& topic, const std::string& key,
                                    uint32_t number, size_t title_bytes) {
  ssegateway::v1::Event event;
  event.set_topic(topic);
  event.mutable_dashboard()->set_id(key);
  event.mutable_dashboard()->set_user(number);
  event.mutable_dashboard()->set_title(std::string(title_bytes, 't'));
  return event;
}

ssegateway::v1::Event Deletion(const std::string& topic, const std::string& key) {
  ssegateway::v1::Event event;
  event.set_topic(topic);
  event.set_key(key);
  event.set_deleted(true);
  return event;
}

namespace {

google::protobuf::Value DashboardOf(const SseBlock& event) {
  google::protobuf::Value value = ParseJson(event.data.value_or(""));
  if (value.struct_value().fields().contains("data")) return At(value, "data");
  return value;
}

}  // namespace

std::string KeyOf(const SseBlock& event) { return StringAt(DashboardOf(event), "id"); }

uint32_t NumberOf(const SseBlock& event) {
  return static_cast<uint32_t>(NumberAt(DashboardOf(event), "user"));
}

std::vector<uint32_t> NumbersOf(const std::vector<SseBlock>& events) {
  std::vector<uint32_t> numbers;
  for (const SseBlock& event : events) numbers.push_back(NumberOf(event));
  return numbers;
}

}  // namespace ssegw::testing
