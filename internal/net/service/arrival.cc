#include "internal/net/service/arrival.h"

#include <optional>
#include <utility>

#include "internal/sse/control.h"
#include "internal/sse/event_id.h"

namespace ssegw::net {
namespace {

// Resuming connections that are shed return within this part of the drain window: sooner than cold
// ones, since they lose their place in the window, but not all within --retry.
constexpr double kResumingSpread = 0.25;
// What a page's few filters take: connections with more are shed first.
constexpr size_t kFewFilterBytes = 512;

Arrival ArrivalOf(ShardContext& shard, const StreamRequest& request) {
  const HttpStream& stream = request.stream;
  Arrival arrival;
  arrival.address =
      stream.address.empty() ? request.peer_address : std::string_view(stream.address);
  const window::Position now = shard.fanout().window().position();
  const auto id = sse::ParseEventId(stream.subscription.last_event_id);
  arrival.resuming = id && id->epoch == now.epoch && id->seq <= now.seq;
  arrival.retry = shard.JitteredRetry(arrival.resuming ? kResumingSpread : 1);
  arrival.hold = shard.options().shed_hold;
  return arrival;
}

// Why the shard itself sheds it.
std::optional<ShedReason> ShardRefusal(const ShardContext& shard, const StreamRequest& request) {
  const HttpStream& stream = request.stream;
  if (stream.over_request_rate) return ShedReason::kRequestRate;
  const bool many_filters = stream.subscription.filters.memory_bytes() > kFewFilterBytes;
  const bool has_room = request.session_has_room && shard.fanout_stats().filter_bytes.value() <=
                                                        shard.options().max_filter_bytes;
  if (many_filters && !has_room) return ShedReason::kMemory;
  return std::nullopt;
}

}  // namespace

std::variant<Admission::Ticket, Shed> Receive(ShardContext& shard, const StreamRequest& request) {
  const Arrival arrival = ArrivalOf(shard, request);
  std::optional<ShedReason> reason = ShardRefusal(shard, request);
  if (!reason) {
    std::variant<Admission::Ticket, ShedReason> admitted =
        shard.admission().Admit(arrival, base::Now());
    if (auto* ticket = std::get_if<Admission::Ticket>(&admitted)) return std::move(*ticket);
    reason = std::get<ShedReason>(admitted);
  }
  shard.observer().OnShed(
      {.id = request.connection_id, .request = request.request_id, .address = arrival.address},
      *reason, arrival.retry);
  const fanout::SubscriptionRequest& subscription = request.stream.subscription;
  return Shed{sse::Cut(subscription.last_event_id, subscription.keeps_half_events) +
              sse::Bye(sse::ByeReason::kBusy, arrival.retry)};
}

}  // namespace ssegw::net
