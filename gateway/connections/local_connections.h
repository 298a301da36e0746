#ifndef SSEGW_GATEWAY_CONNECTIONS_LOCAL_CONNECTIONS_H_
#define SSEGW_GATEWAY_CONNECTIONS_LOCAL_CONNECTIONS_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/connections/connections.h"
#include "gateway/connections/open_questions.h"
#include "internal/base/time.h"
#include "internal/net/stream/shard_connections.h"

namespace ssegw::connections {

// The connections of this gateway's shards.
//
// Owns:     the questions that shards have yet to answer.
// Thread:   any; Tick one.
// Lifetime: the shards outlive it. Whoever asks it does so before it goes; what shards have been
//           asked is answered at the latest when they are destroyed.
// Errors:   NOT_FOUND also for ids of other gateways, and for what is no id. UNAVAILABLE: a shard
//           has not answered within kPatience. RESOURCE_EXHAUSTED: kMaxQuestions wait already.
// Cost:     a question is a task posted to each shard that it is about.
class LocalConnections final : public Connections {
 public:
  static constexpr base::Duration kPatience = std::chrono::seconds(5);
  static constexpr size_t kMaxQuestions = 1024;

  // replica: what the ids of the shards' connections begin with. clerk: makes pages of what the
  // shards have found; none of them.
  // max_message_bytes: of the text of a message.
  LocalConnections(std::string replica, std::vector<net::ShardConnections*> shards,
                   net::ShardConnections& clerk, size_t max_message_bytes);

  void List(const ssegateway::v1::ListConnectionsRequest& request,
            Done<ssegateway::v1::ListConnectionsResponse> done) override;
  void Get(const std::string& id, Done<ssegateway::v1::Connection> done) override;
  void Send(Message message, absl::AnyInvocable<void(absl::Status) &&> done) override;
  void Close(const ssegateway::v1::CloseConnectionsRequest& request,
             Done<ssegateway::v1::CloseConnectionsResponse> done) override;

  void SetMaxMessageBytes(size_t bytes) { max_message_bytes_ = bytes; }

  // Gives up on shards that do not answer. Call it several times a second.
  void Tick(base::TimePoint now) { questions_.Tick(now); }

 private:
  struct Place {
    size_t shard;
    uint64_t number;
  };
  // nullopt: no connection of these shards has that id.
  std::optional<Place> PlaceOf(const std::string& id) const;

  const std::string replica_;
  const std::vector<net::ShardConnections*> shards_;
  net::ShardConnections& clerk_;
  std::atomic<size_t> max_message_bytes_;
  OpenQuestions questions_{kMaxQuestions};
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_LOCAL_CONNECTIONS_H_
