#ifndef SSEGW_GATEWAY_APP_REPLICAS_H_
#define SSEGW_GATEWAY_APP_REPLICAS_H_

#include <functional>
#include <string>

#include "gateway/config/config.h"
#include "gateway/connections/connections.h"
#include "gateway/connections/demand.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/connections/replicated_connections.h"
#include "gateway/connections/shared_demand.h"
#include "gateway/connections/shared_lifecycle.h"
#include "internal/base/time.h"
#include "internal/peers/nats_peers.h"
#include "internal/peers/peers.h"

namespace ssegw::app {

// This gateway among those that share its log: what it asks and tells them, and what it answers.
//
// Owns:     a connection to the servers, and its threads.
// Thread:   Tick, Stop and the destructor one; all else any.
// Lifetime: its parts outlive it, and answer what they were asked before it goes.
class Replicas final : private peers::PeerListener {
 public:
  struct Parts {
    connections::Connections& connections;  // of this gateway
    connections::Lifecycle& lifecycle;
    connections::Demand& demand;
    // The id of the newest event.
    std::function<std::string()> head;
  };
  // name: of this gateway. The store is shared.
  Replicas(const config::Config& config, const std::string& name, Parts parts);

  // Of all gateways.
  connections::Connections& connections() { return connections_; }
  // Whom to tell of this gateway's connections.
  connections::SharedLifecycle& lifecycle() { return lifecycle_; }
  connections::SharedDemand& demand() { return demand_; }

  // Call ten times a second.
  void Tick(base::TimePoint now);
  // The others are told that this one goes.
  void Stop() { peers_.Stop(); }

 private:
  // peers::PeerListener
  void OnQuestion(const std::string& kind, std::string data, peers::OnAnswer answer) override;
  void OnNews(const std::string& from, const std::string& kind, std::string data) override;
  void OnPeer(const std::string& name) override;
  void OnPeerGone(const std::string& name) override;
  void OnReachable(bool /*reachable*/) override {}

  connections::Connections& local_;
  peers::NatsPeers peers_;
  connections::ReplicatedConnections connections_;
  connections::SharedLifecycle lifecycle_;
  connections::SharedDemand demand_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_REPLICAS_H_
