#ifndef SSEGW_GATEWAY_APP_EDGE_H_
#define SSEGW_GATEWAY_APP_EDGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gateway/app/budget.h"
#include "gateway/http/debug_connections.h"
#include "internal/base/endpoint.h"
#include "internal/base/time.h"
#include "internal/net/listener.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard_thread.h"
#include "internal/net/stream/shard_connections.h"
#include "internal/net/transport/tls_port.h"
#include "internal/window/window.h"

namespace ssegw::app {

// The HTTP side of the gateway: its ports and the threads that serve them.
//
// Owns:     the listeners, the admission, the shards, and the front: a thread that accepts for all
//           shards and serves the admin port, so that neither waits for a busy shard. The API's
//           port has a thread of its own: what is published there is no work for the others.
// Thread:   one; what is const: any.
// Lifetime: the window and the services outlive it.
class Edge {
 public:
  struct Services {
    net::HttpService& public_port;
    net::HttpService& admin_port;
    net::HttpService* api_port = nullptr;  // nullptr: there is no such port
  };
  // What can change at run time.
  struct Options {
    net::ConnectionOptions connections;
    net::ConnectionOptions api_connections;
    net::AdmissionLimits admission;
  };

  // tls: of the public port; nullptr: it speaks in the clear. It outlives this.
  Edge(window::Window& window, const Services& services, const Budget& budget,
       const Options& options, net::TlsPort* tls);
  ~Edge();
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;

  // Tells this listener of every connection, until Stop. Before OpenPublic.
  void SetListener(net::ConnectionListener* listener);

  // Listen. The Status names the address that cannot be listened on.
  absl::Status OpenAdmin(const base::Endpoint& address) { return admin_listener_.Open(address); }
  absl::Status OpenPublic(const base::Endpoint& address) { return public_listener_.Open(address); }
  // With a service for it.
  absl::Status OpenApi(const base::Endpoint& address) { return api_->listener.Open(address); }
  // As they are bound.
  const base::Endpoint& api_port() const { return api_->listener.bound(); }
  const base::Endpoint& public_port() const { return public_listener_.bound(); }
  const base::Endpoint& admin_port() const { return admin_listener_.bound(); }

  // For connections that open, and for deadlines that are set, from now on.
  void SetOptions(const Options& options);
  void SetPressure(net::Pressure pressure) { admission_.SetPressure(pressure); }
  // Closes connections that hold frames from before that seq, until these frames come to so many
  // bytes (net::ShardThread::CutHolders).
  void CutHolders(uint64_t before_seq, size_t bytes);

  // Whether the log can be reached, for every connection (net::ShardThread::SetStale).
  void SetStale(std::optional<base::WallTime> since);

  // How it ends, one call after the other:
  // each answer of the public port, and of the API's, says from now on that its socket closes;
  void BeginDrain();
  // nothing new is accepted on these ports;
  void StopAccepting();
  // the connections leave over that time;
  void Leave(base::Duration over);
  // nothing new is accepted on any port;
  void CloseListeners();
  // what is left is closed, and the threads end. The last two may be called again.
  void Stop();

  // Open sockets of the public port.
  size_t sockets() const;
  // Open connections.
  uint64_t connections() const;
  // Every shard's thread has come to its tick within that time.
  bool TurnsOver(base::Duration within) const;
  // One for each shard.
  std::vector<http::FindSlowest> FindSlowest() const;

  // A name for this process that no other has; connection ids begin with it.
  const std::string& replica() const { return replica_; }
  const net::Admission& admission() const { return admission_; }
  // Those of the public port.
  std::vector<const net::ShardThread*> shards() const;
  const net::ShardThread& front() const { return *front_; }
  // The connections of each of the shards; and the front, which has none that are a browser's.
  std::vector<net::ShardConnections*> ShardConnections() const;
  net::ShardConnections& FrontConnections() const { return *front_; }

 private:
  std::vector<net::ShardThread*> Shards() const;

  const std::string replica_;
  net::Admission admission_;
  std::vector<std::unique_ptr<net::ShardThread>> shards_;
  std::unique_ptr<net::ShardThread> front_;
  net::Listener public_listener_;
  net::Listener admin_listener_;
  struct ApiPort {
    ApiPort(net::ShardThread& front, std::unique_ptr<net::ShardThread> of_api,
            net::HttpService& service, size_t max_sockets)
        : thread(std::move(of_api)), listener(front.io(), {thread.get()}, service, max_sockets) {}

    std::unique_ptr<net::ShardThread> thread;
    net::Listener listener;
  };
  std::optional<ApiPort> api_;
  bool listens_ = true;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_EDGE_H_
