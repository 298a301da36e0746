#include "tests/soak/flood.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <utility>

#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/crowd/stamp.h"

namespace ssegw::soak {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishStreamResponse;

// Requests on their way before an answer is waited for.
constexpr uint64_t kRequestsAtOnce = 64;
// Where the gateway takes less than the rate, what is older than this is not made up for.
constexpr base::Duration kPatience = std::chrono::milliseconds(100);

}  // namespace

Flood::Flood(std::string address, const std::vector<FloodClass>& classes, uint32_t part,
             uint32_t parts)
    : address_(std::move(address)), random_(part) {
  for (const FloodClass& flood_class : classes) {
    Share share;
    share.flood_class = flood_class;
    for (uint32_t i = 0; i < flood_class.topics; ++i) {
      const uint32_t number = flood_class.first_topic + i;
      if (number % parts != part) continue;
      share.topics.push_back({.name = base::Concat(flood_class.name, ".", number),
                              .number = number,
                              .keys = testing::KeyNumbers(flood_class.keys)});
    }
    if (share.topics.empty() || flood_class.events_per_second <= 0) continue;
    const double rate = flood_class.events_per_second * static_cast<double>(share.topics.size()) /
                        flood_class.topics;
    share.pause =
        std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(1 / rate));
    Event& event = *share.request.mutable_event();
    if (flood_class.ttl_seconds > 0) event.mutable_ttl()->set_seconds(flood_class.ttl_seconds);
    shares_.push_back(std::move(share));
  }
}

Flood::~Flood() { Stop(); }

void Flood::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Flood::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Flood::Run() {
  grpc::ChannelArguments arguments;
  // Not shared with the other publishers.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = ssegateway::v1::PublisherService::NewStub(
      grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  const auto call = stub->PublishStream(&context);

  uint64_t requested = 0;
  uint64_t answered = 0;
  PublishStreamResponse response;
  const auto read_until = [&](uint64_t count) {
    while (answered < count) {
      if (!call->Read(&response)) return false;
      if (response.has_error() && error_.empty()) error_ = response.error().message();
      ++answered;
    }
    return true;
  };

  for (Share& share : shares_) share.due = base::Now();
  bool alive = true;
  while (alive && !stopping_) {
    Share& share = *std::min_element(shares_.begin(), shares_.end(),
                                     [](const Share& a, const Share& b) { return a.due < b.due; });
    const base::TimePoint now = base::Now();
    if (share.due > now) {
      alive = read_until(requested);
      std::this_thread::sleep_until(std::min(share.due, base::Now() + kPatience));
      continue;
    }
    share.due = std::max(share.due + share.pause, now - kPatience);
    MakeNext(share);
    share.request.set_request_id(++requested);
    alive = call->Write(share.request) &&
            (requested < kRequestsAtOnce || read_until(requested - kRequestsAtOnce));
    events_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(share.request.event().ByteSizeLong(), std::memory_order_relaxed);
  }
  call->WritesDone();
  read_until(requested);
  const grpc::Status status = call->Finish();
  if (!status.ok()) error_ = status.error_message();
}

void Flood::MakeNext(Share& share) {
  Topic& topic = share.topics[random_() % share.topics.size()];
  const auto key = static_cast<uint32_t>(random_() % topic.keys.size());
  Event& event = *share.request.mutable_event();
  event.set_topic(topic.name);
  event.set_key(std::to_string(key));
  ++topic.events;
  const double dice = std::uniform_real_distribution<double>()(random_);
  if (dice < share.flood_class.deleted) {
    event.set_deleted(true);
    topic.keys[key] = 0;
    return;
  }
  topic.keys[key] = share.flood_class.ttl_seconds > 0 ? 0 : topic.events;
  if (!event.has_dashboard()) {
    event.mutable_dashboard()->set_title(std::string(share.flood_class.text_bytes, 't'));
  }
  event.mutable_dashboard()->set_id(
      testing::StampText({.published_ns = base::Now().time_since_epoch().count(),
                          .topic = topic.number,
                          .key = key,
                          .number = topic.events}));
}

void Flood::NewestInto(std::vector<testing::KeyNumbers>& topics) const {
  for (const Share& share : shares_) {
    for (const Topic& topic : share.topics) topics[topic.number] = topic.keys;
  }
}

}  // namespace ssegw::soak
