#include "gateway/connections/local_connections.h"

#include <memory>
#include <numeric>
#include <utility>

#include "gateway/connections/answer.h"
#include "gateway/connections/gathered.h"
#include "gateway/connections/page_answer.h"
#include "gateway/connections/requests.h"
#include "internal/fanout/message.h"
#include "internal/sse/control.h"

namespace ssegw::connections {
namespace {

using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::ListConnectionsRequest;
using ssegateway::v1::ListConnectionsResponse;

absl::Status StatusOf(fanout::MessageFate fate) {
  switch (fate) {
    case fanout::MessageFate::kQueued:
    case fanout::MessageFate::kDelivered:
      return absl::OkStatus();
    case fanout::MessageFate::kExpired:
      return absl::DeadlineExceededError("nothing of the message was sent in time");
    case fanout::MessageFate::kGone:
      return absl::NotFoundError("the connection ended before it took the message");
    case fanout::MessageFate::kNotFound:
      return absl::NotFoundError("there is no such connection");
    case fanout::MessageFate::kFull:
      return absl::ResourceExhaustedError(
          "too much waits already, for the connection (send_queue_bytes) or for all");
  }
  return absl::InternalError("unknown");
}

absl::Status NoConnection() { return absl::NotFoundError("there is no such connection"); }

}  // namespace

LocalConnections::LocalConnections(std::string replica, std::vector<net::ShardConnections*> shards,
                                   net::ShardConnections& clerk, size_t max_message_bytes)
    : replica_(std::move(replica)),
      shards_(std::move(shards)),
      clerk_(clerk),
      max_message_bytes_(max_message_bytes) {}

std::optional<LocalConnections::Place> LocalConnections::PlaceOf(const std::string& id) const {
  for (size_t i = 0; i < shards_.size(); ++i) {
    const std::optional<uint64_t> number = NumberOf(id, shards_[i]->connection_id_prefix());
    if (number) return Place{.shard = i, .number = *number};
  }
  return std::nullopt;
}

void LocalConnections::List(const ListConnectionsRequest& request,
                            Done<ListConnectionsResponse> done) {
  Answer<ListConnectionsResponse> answer(std::move(done));
  absl::StatusOr<net::PageWanted> wanted = ParseList(request);
  if (!wanted.ok()) return answer.Give(wanted.status());
  const size_t size = wanted->size;
  using Found = Gathered<std::vector<net::ConnectionInfo>>;
  const auto found = std::make_shared<Found>(
      shards_.size(),
      [size, replica = replica_, &clerk = clerk_, answer = std::move(answer)](
          absl::StatusOr<std::vector<std::vector<net::ConnectionInfo>>> infos) mutable {
        if (!infos.ok()) return answer.Give(infos.status());
        const auto page = std::make_shared<PageAnswer>(*std::move(infos), size, std::move(replica),
                                                       std::move(answer));
        clerk.Work([page] { return page->Step(); });
      });
  if (const absl::Status added = questions_.Add(found, base::Now() + kPatience); !added.ok()) {
    return found->GiveUp(added);
  }
  // One more tells whether there is another page.
  ++wanted->size;
  for (net::ShardConnections* const shard : shards_) {
    shard->FindPage(
        *wanted, [found](std::vector<net::ConnectionInfo> infos) { found->Add(std::move(infos)); });
  }
}

void LocalConnections::Get(const std::string& id, Done<ssegateway::v1::Connection> done) {
  Answer<ssegateway::v1::Connection> answer(std::move(done));
  const std::optional<Place> place = PlaceOf(id);
  if (!place) return answer.Give(NoConnection());
  using Found = Gathered<std::optional<net::ConnectionInfo>>;
  const auto found = std::make_shared<Found>(
      1, [replica = replica_, answer = std::move(answer)](
             absl::StatusOr<std::vector<std::optional<net::ConnectionInfo>>> infos) mutable {
        if (!infos.ok()) return answer.Give(infos.status());
        std::optional<net::ConnectionInfo>& info = infos->front();
        if (!info) return answer.Give(NoConnection());
        answer.Give(ToMessage(*std::move(info), replica));
      });
  if (const absl::Status added = questions_.Add(found, base::Now() + kPatience); !added.ok()) {
    return found->GiveUp(added);
  }
  shards_[place->shard]->Describe(place->number, [found](std::optional<net::ConnectionInfo> info) {
    found->Add(std::move(info));
  });
}

void LocalConnections::Send(Message message, absl::AnyInvocable<void(absl::Status) &&> done) {
  if (const absl::Status checked = CheckMessage(message, max_message_bytes_); !checked.ok()) {
    return std::move(done)(checked);
  }
  const std::optional<Place> place = PlaceOf(message.connection_id);
  if (!place) return std::move(done)(NoConnection());
  using Tell = fanout::Message::Tell;
  shards_[place->shard]->Send(place->number,
                              {.text = sse::Event(message.type, message.text),
                               .deadline = message.deadline,
                               .tell = message.answer_when_queued ? Tell::kQueued : Tell::kEnd,
                               .done = [done = std::move(done)](fanout::MessageFate fate) mutable {
                                 std::move(done)(StatusOf(fate));
                               }});
}

void LocalConnections::Close(const CloseConnectionsRequest& request,
                             Done<CloseConnectionsResponse> done) {
  Answer<CloseConnectionsResponse> answer(std::move(done));
  absl::StatusOr<CloseOrder> order = ParseClose(request);
  if (!order.ok()) return answer.Give(order.status());
  std::vector<net::LeavingWanted> by_shard(
      shards_.size(), {.criteria = std::move(order->criteria), .retry = order->retry});
  for (const std::string& id : order->ids) {
    if (const std::optional<Place> place = PlaceOf(id)) {
      by_shard[place->shard].numbers.push_back(place->number);
    }
  }
  const auto closed = std::make_shared<Gathered<uint64_t>>(
      shards_.size(),
      [answer = std::move(answer)](absl::StatusOr<std::vector<uint64_t>> counts) mutable {
        if (!counts.ok()) return answer.Give(counts.status());
        CloseConnectionsResponse response;
        response.set_closed(std::accumulate(counts->begin(), counts->end(), uint64_t{0}));
        answer.Give(std::move(response));
      });
  if (const absl::Status added = questions_.Add(closed, base::Now() + kPatience); !added.ok()) {
    return closed->GiveUp(added);
  }
  for (size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->SendAway(std::move(by_shard[i]), [closed](uint64_t count) { closed->Add(count); });
  }
}

}  // namespace ssegw::connections
