#include "bench/store/publish_streams.h"

#include <poll.h>

#include <chrono>
#include <memory>
#include <vector>

#include "bench/micro/dashboards.h"
#include "bench/store/publish_call.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

constexpr size_t kIds = 64;
constexpr base::Duration kPatience = std::chrono::seconds(10);

std::vector<std::string> Events() {
  std::vector<std::string> events;
  for (size_t i = 0; i < kIds; ++i) {
    ssegateway::v1::Event event;
    *event.mutable_dashboard() = UsualDashboard();
    event.mutable_dashboard()->set_id(base::Concat("bench-", i));
    events.push_back(event.SerializeAsString());
  }
  return events;
}

}  // namespace

uint64_t PublishStreamsFor(const std::string& address, size_t streams, size_t on_their_way,
                           base::Duration length) {
  const std::vector<std::string> events = Events();
  const base::TimePoint end = base::Now() + length;
  std::vector<std::unique_ptr<PublishCall>> calls;
  for (size_t i = 0; i < streams; ++i) {
    calls.push_back(std::make_unique<PublishCall>(address, events));
    calls.back()->Allow(on_their_way);
    calls.back()->Advance();
  }
  std::vector<pollfd> polled(streams);
  for (;;) {
    const base::TimePoint now = base::Now();
    if (now > end + kPatience) throw testing::Failure("events have no answer");
    bool is_idle = true;
    for (size_t i = 0; i < streams; ++i) {
      if (now >= end) calls[i]->Allow(0);
      is_idle = is_idle && calls[i]->is_idle();
      polled[i] = {.fd = calls[i]->fd(),
                   .events = static_cast<short>(POLLIN | (calls[i]->is_blocked() ? POLLOUT : 0)),
                   .revents = 0};
    }
    if (now >= end && is_idle) break;
    poll(polled.data(), polled.size(), /*timeout_ms=*/10);
    for (size_t i = 0; i < streams; ++i) {
      if (polled[i].revents != 0) calls[i]->Advance();
    }
  }
  uint64_t acknowledged = 0;
  for (const auto& call : calls) acknowledged += call->acknowledged();
  return acknowledged;
}

}  // namespace ssegw::bench
