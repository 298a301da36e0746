#ifndef SSEGW_GATEWAY_CONNECTIONS_REPLICATED_CONNECTIONS_H_
#define SSEGW_GATEWAY_CONNECTIONS_REPLICATED_CONNECTIONS_H_

#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "gateway/connections/connections.h"
#include "internal/peers/peers.h"

namespace ssegw::connections {

// The kinds of questions between gateways, which AnswerPeer answers.
inline constexpr std::string_view kListQuestion = "list";
inline constexpr std::string_view kGetQuestion = "get";
inline constexpr std::string_view kSendQuestion = "send";
inline constexpr std::string_view kCloseQuestion = "close";

// Answers what a ReplicatedConnections elsewhere asks, from the connections of this gateway. False:
// it is no such question.
bool AnswerPeer(Connections& local, std::string_view kind, std::string_view data,
                peers::OnAnswer& answer);

// The connections of all gateways that share a log. A question about one connection goes to its
// gateway, which its id begins with; any other to all that are there.
//
// Thread:   any.
// Lifetime: local and peers outlive it, and answer what they were asked before they go.
// Errors:   as Connections; UNAVAILABLE names the gateway that did not answer. While the others
//           cannot be reached, lists and closings are of this gateway alone, and say so (partial).
class ReplicatedConnections final : public Connections {
 public:
  static constexpr base::Duration kPatience = std::chrono::seconds(2);
  // Of a message without a deadline.
  static constexpr base::Duration kSendPatience = std::chrono::minutes(2);

  ReplicatedConnections(Connections& local, peers::Peers& peers) : local_(local), peers_(peers) {}

  void List(const ssegateway::v1::ListConnectionsRequest& request,
            Done<ssegateway::v1::ListConnectionsResponse> done) override;
  void Get(const std::string& id, Done<ssegateway::v1::Connection> done) override;
  void Send(Message message, absl::AnyInvocable<void(absl::Status) &&> done) override;
  void Close(const ssegateway::v1::CloseConnectionsRequest& request,
             Done<ssegateway::v1::CloseConnectionsResponse> done) override;

 private:
  // The gateway that a connection's id names; empty: this one, or none.
  std::string_view PeerOf(std::string_view id) const;

  Connections& local_;
  peers::Peers& peers_;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_REPLICATED_CONNECTIONS_H_
