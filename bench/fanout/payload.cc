#include "bench/fanout/payload.h"

#include <string_view>

#include "internal/base/concat.h"
#include "tests/testing/crowd/stamp.h"

namespace ssegw::bench {
namespace {

constexpr size_t kJsonBytes = std::string_view(R"({"id":"","title":""})").size();
// Of a stamp with the largest numbers.
static_assert(kUsualDataBytes > kJsonBytes + 4 * 21);

}  // namespace

Payload MakePayload(const NumberedEvent& event, base::TimePoint published_at) {
  Payload payload;
  payload.id = testing::StampText({.published_ns = published_at.time_since_epoch().count(),
                                   .topic = event.topic,
                                   .number = event.number});
  payload.title.assign(event.data_bytes - kJsonBytes - payload.id.size(), 't');
  return payload;
}

std::string PayloadJson(const Payload& payload) {
  return base::Concat(R"({"id":")", payload.id, R"(","title":")", payload.title, R"("})");
}

}  // namespace ssegw::bench
