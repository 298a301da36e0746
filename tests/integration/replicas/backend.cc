#include "tests/integration/replicas/backend.h"

#include <chrono>
#include <exception>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;

// A backend with more would fill the window within a test.
constexpr auto kPause = std::chrono::milliseconds(2);
constexpr uint32_t kKeys = 50;

// google.rpc.Code of a call that has no answer: its gateway is gone, or took too long.
bool HasNoAnswer(int code) { return code == 1 || code == 4 || code == kUnavailable; }

std::string MortalKey(uint32_t number) { return base::Concat("mortal-", number); }

}  // namespace

Backend::Backend(std::function<std::vector<std::string>()> gateways, std::string topic,
                 uint32_t first, bool has_message_ids)
    : gateways_(std::move(gateways)),
      topic_(std::move(topic)),
      has_message_ids_(has_message_ids),
      random_(first),
      next_(first),
      thread_([this] { Run(); }) {}

void Backend::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Backend::Run() try {
  while (!stop_) {
    const uint32_t number = next_++;
    const Event event = NextEvent(number);
    const PublishResult result = Publish(event);
    if (result.ok()) {
      acknowledged_.emplace(number, result.id);
      if (event.has_ttl()) mortal_keys_.insert(event.dashboard().id());
    } else if (result.message.starts_with("not stored:")) {
      not_stored_.insert(number);
    }
    ++count_;
    std::this_thread::sleep_for(kPause);
  }
} catch (const std::exception& e) {
  fault_ = e.what();
}

Event Backend::NextEvent(uint32_t number) {
  Event event;
  if (number % 10 == 3) {
    event = Deletion(topic_, base::Concat("k", number % kKeys));
  } else if (number % 10 == 7) {
    event = NumberedEvent(topic_, MortalKey(number), number);
    event.mutable_ttl()->set_seconds(static_cast<int64_t>(1 + random_() % 3));
  } else {
    event = NumberedEvent(topic_, base::Concat("k", random_() % kKeys), number);
  }
  if (has_message_ids_) event.set_message_id(base::Concat("number-", number));
  return event;
}

PublishResult Backend::Publish(const Event& event) {
  for (;;) {
    const std::vector<std::string> gateways = gateways_();
    // Mostly the one that it has.
    const std::string address =
        address_.empty() || random_() % 100 == 0 ? gateways[random_() % gateways.size()] : address_;
    if (address != address_) {
      publisher_.emplace(address);
      address_ = address;
    }
    PublishResult result = publisher_->Publish(event);
    if (result.ok()) return result;
    if (!HasNoAnswer(result.code)) throw std::runtime_error(result.message);
    // A channel that has lost its gateway waits before it dials again: another does not.
    address_.clear();
    if (!has_message_ids_) return result;
  }
}

}  // namespace ssegw::testing
