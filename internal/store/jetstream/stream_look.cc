#include "internal/store/jetstream/stream_look.h"

#include <chrono>
#include <utility>

namespace ssegw::store::jetstream {
namespace {

constexpr base::Duration kTimeout = std::chrono::milliseconds(500);
// A stream that is full of bytes is below its bound by less than one message.
constexpr uint64_t kLargestMessage = 1 << 20;

}  // namespace

void LookAtStream(nats::Requests& requests, const std::string& stream,
                  std::function<void(const std::optional<StreamInfo>&)> done) {
  requests.Ask(StreamInfoSubject(stream), {}, "", kTimeout,
               [done = std::move(done)](const nats::Reply& reply) {
                 if (!reply.ok()) return done(std::nullopt);
                 ApiAnswer<StreamInfo> answer = ParseStreamInfo(reply->data());
                 if (!answer.ok()) return done(std::nullopt);
                 done(std::move(answer.value));
               });
}

bool IsBounded(const StreamInfo& stream) {
  const auto reached = [](uint64_t value, int64_t bound) {
    return bound > 0 && value >= static_cast<uint64_t>(bound);
  };
  return reached(stream.messages, stream.config.max_msgs) ||
         reached(stream.bytes + kLargestMessage, stream.config.max_bytes) ||
         stream.config.max_age > base::Duration::zero();
}

}  // namespace ssegw::store::jetstream
